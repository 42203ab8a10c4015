#include "memory/fragmentation.hpp"

#include <fmt/format.h>

#include <utility>

namespace holdfast::memory {
namespace {

Bytes less(Bytes from, Bytes taken) { return Bytes(from > taken ? from.count() - taken.count() : 0); }

std::string text_of(const std::optional<Bytes>& size) { return size ? fmt::format("{}", size->count()) : "unknown"; }
std::string text_of(const std::optional<double>& share) { return share ? fmt::format("{:.2f}", *share) : "unknown"; }

}  // namespace

std::string_view to_string(FragmentationCause cause) noexcept {
  switch (cause) {
    case FragmentationCause::held: return "held";
    case FragmentationCause::growth: return "growth";
    case FragmentationCause::vm_ratio: return "vm_ratio";
  }
  std::unreachable();
}

std::optional<FragmentationFinding> FragmentationDetector::update(const FragmentationReading& reading, SteadyTime now) {
  if (!baseline_) baseline_ = reading.bands;
  growth_ = less(reading.bands.resident, baseline_->resident);
  cause_ = cause_of(reading);
  if (!cause_) return std::nullopt;
  if (told_at_ && now - *told_at_ < config_.interval) {
    ++held_back_;
    return std::nullopt;
  }
  told_at_ = now;
  return FragmentationFinding{
      .cause = *cause_,
      .reading = reading,
      .ratio = fragmentation_ratio(reading.vm_size, reading.bands.resident),
      .fragmentation = fragmentation(reading.bands),
      .baseline = baseline_->resident,
      .growth = growth_,
      .held_back = std::exchange(held_back_, 0),
  };
}

std::optional<FragmentationCause> FragmentationDetector::cause_of(const FragmentationReading& reading) const noexcept {
  const auto& bands = reading.bands;
  if (bands.live) {
    // Program text and stacks are no fragments: what lies outside is taken off where it is known.
    const auto held = less(less(bands.resident, *bands.live), bands.outside.value_or(Bytes()));
    const auto share = fragmentation({.resident = Bytes(held.count() + bands.live->count()), .live = bands.live});
    if (held >= config_.held && share && *share >= config_.held_share) return FragmentationCause::held;
  }
  // Without a baseline of live bytes, or without live bytes, nothing is explained.
  const auto live_before = baseline_ ? baseline_->live : std::nullopt;
  const auto explained = live_before ? less(bands.live.value_or(Bytes()), *live_before) : Bytes();
  if (less(growth_, explained) > config_.growth) return FragmentationCause::growth;
  if (config_.vm_ratio_decides) {
    const auto ratio = fragmentation_ratio(reading.vm_size, bands.resident);
    if (ratio && *ratio > config_.vm_ratio) return FragmentationCause::vm_ratio;
  }
  return std::nullopt;
}

std::string to_log_line(const FragmentationFinding& finding) {
  const auto& bands = finding.reading.bands;
  return fmt::format(
      "FRAGMENTATION DETECTED cause={} resident_bytes={} vm_bytes={} fragmentation_ratio={} fragmentation={} "
      "live_bytes={} allocator_held_bytes={} runtime_held_bytes={} outside_bytes={} baseline_bytes={} growth_bytes={} "
      "held_back={}",
      to_string(finding.cause), bands.resident.count(), finding.reading.vm_size.count(), text_of(finding.ratio),
      text_of(finding.fragmentation), text_of(bands.live), text_of(bands.allocator_held), text_of(bands.runtime_held),
      text_of(bands.outside), finding.baseline.count(), finding.growth.count(), finding.held_back);
}

}  // namespace holdfast::memory
