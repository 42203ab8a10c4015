#include "memory/level_tracker.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <utility>

namespace holdfast::memory {
namespace {

Level level_at(std::size_t steps) { return static_cast<Level>(steps); }

/// How many of the thresholds `value` has met.
std::size_t steps_met(const std::array<double, 3>& thresholds, double value) {
  std::size_t steps = 0;
  while (steps < thresholds.size() && value >= thresholds[steps]) ++steps;
  return steps;
}

double seconds(std::chrono::steady_clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

Result<Reading> Reading::make(Bytes used, Bytes limit, SteadyTime taken_at, std::optional<double> vm_ratio) {
  if (limit.count() == 0) return fail(ErrorCode::failed_precondition, "no memory limit is in force");
  return Reading(used, limit, taken_at, vm_ratio);
}

double Reading::ratio() const noexcept {
  return static_cast<double>(used_.count()) / static_cast<double>(limit_.count());
}

Result<Reading> reading_of(const Snapshot& snapshot, std::optional<double> vm_ratio) {
  if (!snapshot.usage) return std::unexpected(snapshot.usage.error());
  return Reading::make(snapshot.usage->used, snapshot.usage->limit, snapshot.at, vm_ratio);
}

std::optional<LevelChange> LevelTracker::update(const Result<Reading>& reading, SteadyTime now) {
  if (!last_good_) last_good_ = now;
  if (!reading) return update_blind(reading.error().message(), now);
  if (now - reading->taken_at() > config_.max_age) return update_blind("the reading is old", now);
  last_good_ = reading->taken_at();
  used_ = reading->used();
  limit_ = reading->limit();

  auto demand = demand_of(*reading);
  if (demand.level > level_) return move_to(demand.level, std::move(demand.cause), now);
  if (!is_calm(*reading)) {
    calm_since_.reset();
    return std::nullopt;
  }
  if (!calm_since_) calm_since_ = now;
  if (now - *calm_since_ < config_.dwell) return std::nullopt;
  const auto step = static_cast<std::size_t>(level_) - 1;
  return move_to(level_at(step),
                 fmt::format("use {:.1f} %, below {:.1f} % for {:.1f} s", reading->ratio() * 100,
                             (config_.enter[step] - config_.hysteresis) * 100, seconds(now - *calm_since_)),
                 now);
}

LevelTracker::Demand LevelTracker::demand_of(const Reading& reading) const {
  const auto by_use = steps_met(config_.enter, reading.ratio());
  const double vm_ratio = config_.vm_ratio_decides ? reading.vm_ratio().value_or(0) : 0;
  const auto by_vm = steps_met(config_.vm_ratio_enter, vm_ratio);
  if (by_use == 0 && by_vm == 0) return {};
  if (by_vm > by_use) {
    return {level_at(by_vm), fmt::format("VMS/RSS {:.2f} reached {:.2f}", vm_ratio, config_.vm_ratio_enter[by_vm - 1])};
  }
  return {level_at(by_use),
          fmt::format("use {:.1f} % reached {:.1f} %", reading.ratio() * 100, config_.enter[by_use - 1] * 100)};
}

bool LevelTracker::is_calm(const Reading& reading) const noexcept {
  if (level_ == Level::normal) return false;
  const auto step = static_cast<std::size_t>(level_) - 1;
  if (reading.ratio() >= config_.enter[step] - config_.hysteresis) return false;
  if (!config_.vm_ratio_decides) return true;
  return reading.vm_ratio().value_or(0) < config_.vm_ratio_enter[step] * (1 - config_.hysteresis);
}

std::optional<LevelChange> LevelTracker::update_blind(const std::string& reason, SteadyTime now) {
  calm_since_.reset();
  const auto age = now - last_good_.value_or(now);
  if (age <= config_.max_age || level_ >= Level::warning) return std::nullopt;
  return move_to(Level::warning, fmt::format("no reading for {:.1f} s: {}", seconds(age), reason), now);
}

std::optional<LevelChange> LevelTracker::move_to(Level next, std::string cause, SteadyTime now) {
  calm_since_.reset();
  last_change_ = LevelChange{level_, next, std::move(cause), used_, limit_, now};
  level_ = next;
  return last_change_;
}

}  // namespace holdfast::memory
