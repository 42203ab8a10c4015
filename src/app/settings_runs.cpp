/// What runs may take, and what one user may start.
#include "app/setting_kinds.hpp"
#include "app/settings_table.hpp"

namespace holdfast::app {
namespace {

Result<void> read_user_size(Settings& settings, std::string_view text) {
  const auto size = parse_bytes(text);
  if (!size) return fail(ErrorCode::invalid_argument, size.error().message());
  if (size->count() > (std::uint64_t{1} << 40U)) return fail(ErrorCode::invalid_argument, "1TB at most");
  settings.checkpoints_user_size = *size;
  return {};
}

}  // namespace

std::vector<Setting> run_settings() {
  return {
      count_setting("runs.max_concurrent", "MAX_CONCURRENT_ANALYSES", &Settings::max_concurrent, {1, 64},
                    "Analyses at the same time. Each worker process takes worker.concurrency of them."),
      count_setting("runs.queue_limit", "HOLDFAST_QUEUE_LIMIT", &Settings::queue_limit, {1, 100'000},
                    "Analyses that may wait. Past it new ones are refused with 503."),
      count_setting(
          "runs.max_crashes", "HOLDFAST_MAX_CRASHES", &Settings::max_crashes, {1, 1000},
          "Attempts lost by a death of the worker or a broken protocol, after which a run is sealed as failed."),
      count_setting("runs.max_attempts", "HOLDFAST_MAX_ATTEMPTS", &Settings::max_attempts, {1, 1000},
                    "Attempts altogether, restarts of the server included, after which a run is sealed as failed."),
      duration_setting("runs.deadline", "HOLDFAST_RUN_DEADLINE", &Settings::run_deadline,
                       "Time for all attempts at an analysis. Past it the worker is stopped and the run is expired."),
      duration_setting("runs.queue_deadline", "HOLDFAST_QUEUE_DEADLINE", &Settings::queue_deadline,
                       "How long an analysis may wait for a worker before it is expired."),
      // Delivered answers are worth keeping for ever to some, so that must be sayable.
      optional_duration_setting(
          "runs.retention", "HOLDFAST_RUN_RETENTION", &Settings::retention,
          "How long a run is kept once its answer was delivered. 0 = for ever; undelivered runs are kept anyway."),
      {"checkpoints.user_size", "HOLDFAST_CHECKPOINTS_USER_SIZE",
       "What the thread checkpoints of one user may take (docs/langgraph.md). Past it one more is refused with 507.",
       read_user_size, [](const Settings& settings) { return to_string(settings.checkpoints_user_size); }},
      count_setting("limits.requests", "RATE_LIMIT_REQUESTS", &Settings::limit_requests, {0, 10'000},
                    "Analyses that one user may start within limits.window. Past it a start waits up to 5 s, then it "
                    "is refused with 429. 0: without limit."),
      duration_setting("limits.window", "RATE_LIMIT_WINDOW", &Settings::limit_window,
                       "The time that limits.requests is counted in."),
      count_setting("limits.burst", "RATE_LIMIT_BURST", &Settings::limit_burst, {0, 10'000},
                    "Analyses that one user may start within 10 s. 0: without limit."),
      count_setting("limits.waiting", "HOLDFAST_LIMIT_WAITING", &Settings::limit_waiting, {0, 100'000},
                    "Analyses of one user that may wait for a worker. 0: as many as the queue takes."),
  };
}

}  // namespace holdfast::app
