#include "governor/relief_report.hpp"

#include <algorithm>

#include "governor/saturating.hpp"

namespace holdfast::governor {
namespace {

Bytes difference(const std::optional<Bytes>& before, const std::optional<Bytes>& after) noexcept {
  return before && after ? minus(*before, *after) : Bytes();
}

}  // namespace

std::string_view to_string(ReliefCost cost) noexcept {
  switch (cost) {
    case ReliefCost::cheap: return "cheap";
    case ReliefCost::pauses_worker: return "pauses_worker";
    case ReliefCost::loses_warm_state: return "loses_warm_state";
  }
  return "unknown";
}

std::string_view to_string(StepEnd end) noexcept {
  switch (end) {
    case StepEnd::relieved: return "relieved";
    case StepEnd::nothing_to_do: return "nothing_to_do";
    case StepEnd::failed: return "failed";
    case StepEnd::timed_out: return "timed_out";
    case StepEnd::skipped: return "skipped";
  }
  return "unknown";
}

std::string_view to_string(SkipReason reason) noexcept {
  switch (reason) {
    case SkipReason::none: return "none";
    case SkipReason::level: return "level";
    case SkipReason::cost: return "cost";
    case SkipReason::futile: return "futile";
    case SkipReason::target_met: return "target_met";
    case SkipReason::observe_only: return "observe_only";
    case SkipReason::cancelled: return "cancelled";
  }
  return "unknown";
}

std::string_view to_string(WalkEnd end) noexcept {
  switch (end) {
    case WalkEnd::walked: return "walked";
    case WalkEnd::too_soon: return "too_soon";
    case WalkEnd::cut_short: return "cut_short";
  }
  return "unknown";
}

std::string_view to_string(WalkCause cause) noexcept { return cause == WalkCause::manual ? "manual" : "level"; }

Bytes StepReport::returned() const noexcept {
  return std::max(given_back.value_or(Bytes()), difference(before, after));
}

Bytes WalkReport::returned() const noexcept { return difference(before, after); }

bool WalkReport::acted() const noexcept {
  return std::ranges::any_of(
      steps, [](const auto& step) { return step.end != StepEnd::skipped && step.end != StepEnd::nothing_to_do; });
}

}  // namespace holdfast::governor
