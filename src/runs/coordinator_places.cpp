// Where a run that waits stands, and what it waits for.
#include "runs/coordinator.hpp"

namespace holdfast::runs {
namespace {

std::string explain(const governor::Waiting& waiting) {
  using governor::WaitReason;
  switch (waiting.reason) {
    case WaitReason::memory: return "the next run does not fit beside what is running";
    case WaitReason::unmeasured: return "until it is known what such runs need, few of them run beside each other";
    case WaitReason::level: return "memory is short; runs go one at a time";
    case WaitReason::concurrency: return "";
  }
  std::unreachable();
}

}  // namespace

std::optional<QueuePlace> Coordinator::queue_place(const Run& run) const {
  const auto live = find_live(run.id);
  if (!live && journal_.shared() && run.status == RunStatus::queued) {
    return QueuePlace{.position = {},
                      .reason = "at_another_instance",
                      .detail = "",
                      .estimate_seconds = {},
                      .needed = {},
                      .free = {}};
  }
  if (!live || live->run->status != RunStatus::queued) return std::nullopt;
  if (auto place = place_behind_leader(run.id)) return place;
  const auto position = queue_.position(run.id);
  const char* reason = live->run->attempt == 0 ? "starting" : "retry_backoff";
  if (!position)
    return QueuePlace{.position = 1, .reason = reason, .detail = "", .estimate_seconds = {}, .needed = {}, .free = {}};

  QueuePlace place{
      .position = *position, .reason = "workers_busy", .detail = "", .estimate_seconds = {}, .needed = {}, .free = {}};
  const auto pool = pool_.status();
  const auto waits = config_.governor ? config_.governor->status().admission.head_waits : std::nullopt;
  if (waits && waits->reason != governor::WaitReason::concurrency && !pool.crash_loop) {
    place.reason = "memory";
    place.detail = explain(*waits);
    place.needed = waits->needed;
    place.free = waits->free;
  } else if (pool.crash_loop) {
    place.reason = "workers_failing";
    place.detail = pool.last_failure;
  } else if (pool.ready == 0) {
    place.reason = "workers_starting";
  }
  if (pool.ready > 0 && mean_run_ms_ > 0) {
    place.estimate_seconds = static_cast<int>(*position * mean_run_ms_ / (1000.0 * pool.ready * pool.concurrency)) + 1;
  }
  return place;
}

std::optional<QueuePlace> Coordinator::place_behind_leader(const RunId& id) const {
  const auto leader = flights_.leader_of(id);
  if (!leader) return std::nullopt;
  return QueuePlace{.position = queue_.position(*leader),
                    .reason = "same_question",
                    .detail = "the same question is being answered; it will get that answer",
                    .estimate_seconds = {},
                    .needed = {},
                    .free = {}};
}

}  // namespace holdfast::runs
