#include "runs/retention.hpp"

#include "base/log.hpp"

namespace holdfast::runs {
namespace {

// Both return early when the task is asked to stop.

awaitable<void> retire_delivered(journal::Journal* journal, RetentionConfig config) {
  std::int64_t retired = 0;
  for (bool more = true; more;) {
    auto batch = co_await journal->retire(config.age, config.batch);
    const bool stopped = co_await cancel_requested();
    if (stopped) co_return;
    if (!batch) log::warning("runs.retire_failed", {{"error", batch.error().message()}});
    const auto count = batch.value_or(0);
    retired += count;
    more = count == config.batch;
  }
  if (retired > 0) log::info("runs.retired", {{"runs", retired}});
}

awaitable<void> retire_thread_checkpoints(journal::Journal* journal, RetentionConfig config) {
  for (std::int64_t removed = config.batch; removed == config.batch;) {
    auto step = co_await journal->retire_thread_checkpoints(config.age, config.batch);
    const bool stopped = co_await cancel_requested();
    if (stopped) co_return;
    if (!step) log::warning("runs.retire_threads_failed", {{"error", step.error().message()}});
    removed = step.value_or(0);
    if (removed > 0) log::info("runs.retired_thread_checkpoints", {{"threads", removed}});
  }
}

awaitable<void> trim_bodies(journal::Journal* journal, RetentionConfig config) {
  for (std::int64_t removed = 1; removed > 0;) {
    auto step = co_await journal->trim_bodies(config.unclaimed_body_age, config.body_pieces);
    const bool stopped = co_await cancel_requested();
    if (stopped) co_return;
    if (!step) log::warning("runs.trim_bodies_failed", {{"error", step.error().message()}});
    removed = step.value_or(0);
  }
}

awaitable<void> trim_incidents(journal::Journal* journal, RetentionConfig config) {
  // A step removes up to a batch for each of the two reasons.
  for (std::int64_t removed = config.batch; removed >= config.batch;) {
    auto step = co_await journal->trim_incidents(config.incident_age, config.incidents, config.batch);
    const bool stopped = co_await cancel_requested();
    if (stopped) co_return;
    if (!step) log::warning("runs.trim_incidents_failed", {{"error", step.error().message()}});
    removed = step.value_or(0);
  }
}

}  // namespace

awaitable<void> apply_retention(journal::Journal& journal, const Clock& clock, RetentionConfig config) {
  for (bool awake = true; awake;) {
    if (config.age.count() > 0) {
      co_await retire_delivered(&journal, config);
      co_await retire_thread_checkpoints(&journal, config);
    }
    co_await trim_bodies(&journal, config);
    co_await trim_incidents(&journal, config);
    awake = co_await sleep_until(clock.steady() + config.interval);
  }
}

}  // namespace holdfast::runs
