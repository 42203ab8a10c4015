/// How it is known that a worker is ready, and that it still is.
#include <fmt/format.h>

#include "base/log.hpp"
#include "workers/worker_life.hpp"
#include "workers/worker_probe.hpp"

namespace holdfast::workers {
namespace {

// The first tries catch a small native worker within a few milliseconds; an interpreter takes half a second anyway.
constexpr std::chrono::milliseconds kFirstPause{2};
constexpr std::chrono::milliseconds kSlowPause{50};
// Most programs write a line for each request into their log.
constexpr std::chrono::milliseconds kSlowHealthPause{500};

// A program that is well answers in milliseconds; one that collects garbage or is swapped in, in seconds.
constexpr std::chrono::milliseconds kProbePatience{5'000};

// One look may meet a moment of its own; three in a row, a second apart, are a habit.
constexpr int kLooks = 3;
constexpr std::chrono::milliseconds kLookAgain{1'000};

}  // namespace

awaitable<Result<void>> WorkerLife::become_ready(SteadyTime deadline) {
  const auto& path = pool_->config.health_path;
  const auto slow = path.empty() ? kSlowPause : kSlowHealthPause;
  std::string why = "no answer at " + path;
  for (auto pause = kFirstPause; !over(); pause = std::min(pause * 2, slow)) {
    const auto patience = std::min(deadline, system_clock().steady() + kProbePatience);
    const auto found = co_await with_deadline(probe_worker(address_, path), patience);
    if (over()) break;
    if (found) {
      phase_ = LifePhase::idle;
      was_ready_ = true;
      co_return Result<void>();
    }
    // What it said before the last look, which the deadline cut short, says more.
    if (found.error().code() != ErrorCode::deadline_exceeded) why = found.error().message();
    const auto now = system_clock().steady();
    if (now >= deadline) {
      const auto late = path.empty() ? std::string("did not listen in time") : "was not ready in time: " + why;
      co_return fail(ErrorCode::deadline_exceeded, fmt::format("{} {}{}", name(), late, last_words()));
    }
    const auto next = std::min(now + pause, deadline);
    const auto wake = co_await changed_.wait_until(next);
    if (wake == Wake::cancelled) break;
  }
  if (!exited_) co_return fail(ErrorCode::cancelled, "start of " + name());
  // The shell's way to say "command not found".
  if (exited_->status == 127) {
    co_return fail(ErrorCode::unavailable,
                   fmt::format("worker command not found: {}; check --worker{}", pool_->config.command, last_words()));
  }
  co_return fail(ErrorCode::unavailable, describe() + " before it was ready" + last_words());
}

awaitable<void> WorkerLife::watch_until_over() {
  const auto interval = pool_->config.liveness;
  int failed = 0;
  while (!over()) {
    const auto pause = failed == 0 ? interval : std::min(interval, kLookAgain);
    const auto next = interval.count() == 0 ? SteadyTime::max() : system_clock().steady() + pause;
    const bool ended = co_await wait_over(next);
    if (ended || system_clock().steady() < next) co_return;
    if (!may_be_looked_at()) {
      failed = 0;
      continue;
    }
    const auto patience = system_clock().steady() + kProbePatience;
    const auto found = co_await with_deadline(probe_worker(address_, pool_->config.health_path), patience);
    // With a run it may have its reasons, and the run's own deadline.
    failed = found || !may_be_looked_at() ? 0 : failed + 1;
    if (failed < kLooks) continue;
    const auto reason = fmt::format("{} does not answer any more while idle: {}", name(), found.error().message());
    log::warning("workers.not_alive", {{"worker", worker_}, {"pid", pid_}, {"looks", failed}, {"reason", reason}});
    pool_->note_failure(reason);
    end_soon(LifeEnd::unresponsive);
  }
}

}  // namespace holdfast::workers
