/// One place of the pool: starts a process, and another one when it has ended.
///
/// Ownership: shared by the pool and the worker's own task. Runs on: supervisor strand.
#pragma once

#include <array>
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

  /// Ends the process once it has no run, and keeps none running until start().
  void park();

  /// The process of this place that may be given a run and has the fewest; null when there is none.
  [[nodiscard]] std::shared_ptr<WorkerLife> with_room(Company company) const;

  /// The processes of this place that take requests which are passed through, the one in use first.
  [[nodiscard]] std::array<std::shared_ptr<WorkerLife>, 2> open_lives() const;

  /// Replaces the process once it has no run. `new_first`: its successor is up before it goes, and takes runs already.
  void recycle(bool new_first);

  /// Kills the process that has this run. False: none has.
  bool give_up_run(const std::string& run_id, const GivenUp& why);

  /// Ends the process; the task ends once it is reaped. The pool must be closing.
  void stop();

  /// The tasks are over, or were never started.
  [[nodiscard]] bool stopped() const noexcept { return tasks_ == 0; }

  void kill_now();

  [[nodiscard]] WorkerStatus status() const;

 private:
  awaitable<void> run();
  awaitable<LifeEnd> live();
  awaitable<Result<void>> come_up(std::shared_ptr<WorkerLife> life);
  awaitable<void> bring_up_successor();
  void end_task();
  void note_end(const WorkerLife& life, LifeEnd end) const;

  std::shared_ptr<PoolState> pool_;
  int index_;
  RestartPolicy restarts_;
  Event stopping_;
  std::shared_ptr<WorkerLife> life_;
  std::shared_ptr<WorkerLife> coming_;     ///< The successor while it starts.
  std::shared_ptr<WorkerLife> successor_;  ///< Is up, and becomes life_ when that one has ended.
  std::uint64_t starts_ = 0;
  int tasks_ = 0;
  bool parked_ = true;    ///< No process is to run.
  bool running_ = false;  ///< run() is under way.
};

}  // namespace holdfast::workers
