/// One place of the pool: starts a process, and another one when it has ended.
///
/// Ownership: shared by the pool and the worker's own task. Runs on: supervisor strand.
#pragma once

#include <memory>

#include "base/event.hpp"
#include "workers/pool_state.hpp"
#include "workers/worker_life.hpp"

namespace holdfast::workers {

class Worker : public std::enable_shared_from_this<Worker> {
 public:
  Worker(std::shared_ptr<PoolState> pool, int index);

  /// Begins to keep a process running.
  void start();

  /// The idle process, reserved for the caller; null when there is none.
  std::shared_ptr<WorkerLife> reserve();

  /// Ends the process; the task ends once it is reaped. The pool must be closing.
  void stop();

  /// The task is over, or was never started.
  [[nodiscard]] bool stopped() const noexcept { return !running_; }

  void kill_now();

  [[nodiscard]] WorkerStatus status() const;

 private:
  awaitable<void> run();
  awaitable<LifeEnd> live();
  void note_end(const WorkerLife& life, LifeEnd end) const;

  std::shared_ptr<PoolState> pool_;
  int index_;
  RestartPolicy restarts_;
  Event stopping_;
  std::shared_ptr<WorkerLife> life_;
  std::uint64_t starts_ = 0;
  bool running_ = false;
};

}  // namespace holdfast::workers
