/// When a worker that has ended is started again, and when starting it has become hopeless. Pure.
///
/// Failed starts are counted in a row across the pool, because the workers share one command: a command that is
/// wrong is wrong for all of them. The wait before a restart is counted for each worker.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/backoff.hpp"

namespace holdfast::workers {

/// How a worker's life ended.
enum class LifeEnd : unsigned char {
  failed_start,  ///< It was never ready, or it ended unasked before it had proved itself.
  lost_run,      ///< It died or broke the protocol with a run, or was killed at the run's deadline.
  cut_off,       ///< We ended it for a reason that is not its fault: its run was cancelled.
  recycled,      ///< We replaced it for the memory it kept.
  unresponsive,  ///< We ended it because it did not answer any more while idle.
  worn_out,      ///< It had proved itself and ended unasked while idle.
};

/// The failed starts of a pool.
class CrashLoop {
 public:
  explicit CrashLoop(int threshold) : threshold_(threshold) {}

  /// True when this failure makes it a crash loop.
  bool start_failed() noexcept;

  /// A worker has proved itself. True when this ends a crash loop.
  bool start_proved() noexcept;

  [[nodiscard]] bool active() const noexcept { return failures_ >= threshold_; }
  [[nodiscard]] int failures() const noexcept { return failures_; }

 private:
  int threshold_;
  int failures_ = 0;
};

/// The restarts of one worker.
class RestartPolicy {
 public:
  explicit RestartPolicy(BackoffConfig config) : config_(config) {}

  /// The worker has served a run, or lived for a while.
  void proved() noexcept;

  /// Notes the end; returns the wait before the next start. In a crash loop between half the cap and the cap: bounded
  /// starts a minute. `uniform` is a random number in [0, 1).
  std::chrono::milliseconds delay_after(LifeEnd end, bool crash_loop, double uniform) noexcept;

 private:
  BackoffConfig config_;
  std::uint32_t failures_ = 0;
  bool proved_ = false;  ///< In the life that has just ended.
};

}  // namespace holdfast::workers
