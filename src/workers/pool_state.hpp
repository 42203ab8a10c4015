/// What the workers of a pool share: its configuration, its failures, and the way to say that one is idle.
///
/// Ownership: shared by the pool and its workers' tasks, which may end a little later than the pool.
/// Runs on: supervisor strand.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "base/event.hpp"
#include "workers/pool.hpp"
#include "workers/restart_policy.hpp"

namespace holdfast::workers {

class PoolState : public std::enable_shared_from_this<PoolState> {
 public:
  PoolState(asio::any_io_executor pool_executor, PoolConfig pool_config, std::function<void()> on_change);

  /// A worker is idle, or the process of one is gone. Calls on_change soon, from the executor: never from inside a call
  /// of its owner.
  void announce_change();

  /// A worker has not come up. Logs it, and the crash loop once.
  void start_failed(int worker, const std::string& reason);

  /// A worker that was ready has ended unasked, or broke off a run.
  void worker_lost(int worker, const std::string& reason);

  /// Whoever asks for the latest failure is told this one. Logs nothing.
  void note_failure(std::string reason) { last_failure_ = std::move(reason); }

  /// A worker has served a run or lived for a while.
  void start_proved();

  /// No worker starts and on_change is not called any more.
  void close();
  [[nodiscard]] bool closing() const noexcept { return closing_; }

  [[nodiscard]] bool crash_loop() const noexcept { return crash_loop_.active(); }
  [[nodiscard]] const std::string& last_failure() const noexcept { return last_failure_; }

  const asio::any_io_executor executor;
  const PoolConfig config;
  Event worker_idle;          ///< A worker may have become ready or idle.
  Event worker_ended;         ///< A worker's task is over.
  std::set<pid_t> processes;  ///< Of live workers: not to be taken for strays.

 private:
  std::function<void()> on_change_;
  CrashLoop crash_loop_;
  std::string last_failure_;
  bool change_announced_ = false;
  bool closing_ = false;
};

}  // namespace holdfast::workers
