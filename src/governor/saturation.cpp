#include "governor/saturation.hpp"

#include <algorithm>
#include <tuple>

#include "governor/saturating.hpp"

namespace holdfast::governor {
namespace {

// Idle before busy; of the idle ones the one that gives back most; of the busy ones the one whose run began last.
bool loses_less(const SaturationWorker& a, const SaturationWorker& b) noexcept {
  return std::tuple(a.busy, a.busy ? a.run_age : std::chrono::milliseconds(0), b.winnable, a.id) <
         std::tuple(b.busy, b.busy ? b.run_age : std::chrono::milliseconds(0), a.winnable, b.id);
}

}  // namespace

std::string_view to_string(SaturationAction action) noexcept {
  switch (action) {
    case SaturationAction::none: return "none";
    case SaturationAction::replace_worker: return "replace_worker";
    case SaturationAction::recommend_restart: return "recommend_restart";
    case SaturationAction::restart: return "restart";
  }
  return "unknown";
}

SaturationTracker::SaturationTracker(SaturationConfig config, SteadyTime process_started_at, double uniform)
    : config_(config),
      jitter_(static_cast<std::int64_t>(static_cast<double>(config.restart_jitter.count()) * uniform)),
      restarted_at_(process_started_at) {}

SaturationStep SaturationTracker::update(const SaturationInput& input) {
  // While a worker is replaced its place is empty: what its successor holds says whether it helped.
  const bool asked = asked_at_.has_value();
  if (asked && awaits_replacement(input)) return {};
  if (!is_stuck(input)) {
    end();
    return {};
  }
  if (!began_) began_ = input.now;
  if (input.now - *began_ < config_.after) return {};
  saturated_ = true;
  if (!asked && awaits_replacement(input)) return {};
  const bool relief_tried = input.relief_ended_at && *input.relief_ended_at >= *began_;
  if (!relief_tried && input.now - *began_ < config_.relief_patience) return {};
  if (const auto* worker = smallest_loss(input.workers, *began_)) {
    asked_.insert(worker->id);
    asked_at_ = input.now;
    last_replacing_.reset();
    return {SaturationAction::replace_worker, worker->id};
  }
  return judge_restart(input.now);
}

bool SaturationTracker::is_stuck(const SaturationInput& input) const {
  return input.level >= memory::Level::critical &&
         minus(input.used, input.held_by_runs) >= times(input.limit, config_.floor_share);
}

bool SaturationTracker::awaits_replacement(const SaturationInput& input) {
  if (!asked_at_) {
    if (!input.replacing || awaited_other_) return false;
    awaited_other_ = true;
    asked_at_ = input.now;
  }
  if (input.replacing) last_replacing_ = input.now;
  const auto settled = last_replacing_.value_or(*asked_at_) + config_.settle;
  const bool waits = input.replacing || input.now < settled;
  if (waits && input.now - *asked_at_ < config_.replace_patience) return true;
  asked_at_.reset();
  return false;
}

const SaturationWorker* SaturationTracker::smallest_loss(std::span<const SaturationWorker> workers,
                                                         SteadyTime began) const {
  const SaturationWorker* best = nullptr;
  for (const auto& worker : workers) {
    if (worker.started_at >= began || asked_.contains(worker.id)) continue;
    if (!best || loses_less(worker, *best)) best = &worker;
  }
  return best;
}

SaturationStep SaturationTracker::judge_restart(SteadyTime now) {
  if (!recommended_at_) {
    recommended_at_ = now;
    return {SaturationAction::recommend_restart};
  }
  if (config_.restart_interval.count() == 0 || now - *recommended_at_ < jitter_ ||
      now - restarted_at_ < config_.restart_interval)
    return {};
  restarted_at_ = now;
  return {SaturationAction::restart};
}

void SaturationTracker::end() noexcept {
  began_.reset();
  saturated_ = false;
  asked_.clear();
  asked_at_.reset();
  awaited_other_ = false;
  last_replacing_.reset();
  recommended_at_.reset();
}

}  // namespace holdfast::governor
