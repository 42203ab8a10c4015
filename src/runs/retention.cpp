#include "runs/retention.hpp"

#include "base/log.hpp"

namespace holdfast::runs {

awaitable<void> retire_delivered(journal::Journal& journal, const Clock& clock, RetentionConfig config) {
  if (config.age.count() == 0) co_return;
  for (bool awake = true; awake;) {
    std::int64_t retired = 0;
    for (bool more = true; more;) {
      auto batch = co_await journal.retire(config.age, config.batch);
      const bool stopped = co_await cancel_requested();
      if (stopped) co_return;
      if (!batch) log::warning("runs.retire_failed", {{"error", batch.error().message()}});
      const auto count = batch.value_or(0);
      retired += count;
      more = count == config.batch;
    }
    if (retired > 0) log::info("runs.retired", {{"runs", retired}});
    awake = co_await sleep_until(clock.steady() + config.interval);
  }
}

}  // namespace holdfast::runs
