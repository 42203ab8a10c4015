/// One life of a worker: one process from its start to its end, and the run it has.
///
/// Ownership: shared by the worker's task, the slot that has it, and the tasks that watch the process.
/// Runs on: supervisor strand.
/// Invariants:
///   - A life serves one run at a time, and none after one that was broken off.
///   - A life that has ended stays ended: a slot of it dispatches nothing, whatever its worker does next. A dispatch
///   may
///     last longer than its life, to read what the worker wrote before it died.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/event.hpp"
#include "workers/attempt.hpp"
#include "workers/command.hpp"
#include "workers/exchange.hpp"
#include "workers/output_lines.hpp"
#include "workers/pool_state.hpp"
#include "workers/process.hpp"

namespace holdfast::workers {

enum class LifePhase : unsigned char { starting, idle, busy, stopping };

[[nodiscard]] std::string_view to_string(LifePhase phase) noexcept;

class WorkerLife : public std::enable_shared_from_this<WorkerLife> {
 public:
  WorkerLife(std::shared_ptr<PoolState> pool, int worker, std::uint64_t number);

  /// Starts the process. invalid_argument: the command or the socket path cannot work; resource_exhausted; unavailable.
  Result<void> begin();

  /// Waits until the worker listens. unavailable: it died before; deadline_exceeded; cancelled: end_soon() was called.
  awaitable<Result<void>> become_ready(SteadyTime deadline);

  /// Waits until the process has ended or is to be ended, at most until `deadline`. True when it is so.
  awaitable<bool> wait_over(SteadyTime deadline);

  /// Ends the process if it still runs: SIGTERM to the group, SIGKILL after the grace period. Returns when the
  /// process and what is left of its group are reaped.
  awaitable<void> finish();

  /// It waits for a run, and may be given one.
  [[nodiscard]] bool is_idle() const noexcept { return phase_ == LifePhase::idle && !retiring_ && !over(); }

  /// Takes an idle worker; false when it is not idle.
  bool reserve();

  /// To its own process, if that still runs.
  void signal(int number) const noexcept;

  /// Gives back a worker that was reserved and got no run.
  void release();

  /// Sends the attempt to the reserved worker (Slot::dispatch).
  awaitable<Result<DispatchOutcome>> dispatch(Attempt attempt, EventSink on_event);

  /// The worker is to be replaced now; `end` says why.
  void end_soon(LifeEnd end);

  /// The worker is to be replaced once it has no run.
  void retire();

  /// Kills the process with its run, which is lost for the reason given. False: it has no run.
  bool give_up_run(GivenUp why);

  /// Why it ended, for the restart policy. Call once it is over.
  [[nodiscard]] LifeEnd ending() const noexcept;

  /// What to tell about the process: "worker 3 (pid 4711) exited with status 1".
  [[nodiscard]] std::string describe() const;

  [[nodiscard]] LifePhase phase() const noexcept { return phase_; }
  /// Null: there is none.
  [[nodiscard]] const std::shared_ptr<AgentLink>& agent() const noexcept { return agent_; }
  /// What its agent says. None: it has none, or none that has published lately.
  [[nodiscard]] std::optional<memory::AgentFigures> agent_figures() const;
  [[nodiscard]] bool retiring() const noexcept { return retiring_; }
  [[nodiscard]] SteadyTime started_at() const noexcept { return started_at_; }
  [[nodiscard]] int worker() const noexcept { return worker_; }
  [[nodiscard]] int pid() const noexcept { return pid_; }
  [[nodiscard]] const std::string& run_id() const noexcept { return run_id_; }
  [[nodiscard]] const std::optional<WorkerExit>& exited() const noexcept { return exited_; }
  [[nodiscard]] bool proved() const noexcept { return proved_; }
  void prove();

  /// Kills and reaps at once, for a pool that is destroyed without stop().
  void kill_now();

 private:
  [[nodiscard]] bool over() const noexcept { return exited_.has_value() || asked_to_end_.has_value(); }
  [[nodiscard]] std::string name() const;
  [[nodiscard]] std::string last_words() const;
  [[nodiscard]] std::string mark() const;
  Result<WorkerAddress> choose_address() const;
  std::vector<std::string> make_agent();
  static awaitable<void> watch_exit(std::shared_ptr<WorkerLife> self);
  static awaitable<void> read_output(std::shared_ptr<WorkerLife> self);
  bool take_output();
  void log_lines(std::string_view text);
  void log_dropped();
  void close_output();
  awaitable<bool> wait_exited(SteadyTime deadline);
  awaitable<void> reap_descendants();
  awaitable<Lost> explain_loss(BrokenOff broken);
  void settle(const Result<DispatchOutcome>& outcome);

  std::shared_ptr<PoolState> pool_;
  int worker_;
  std::uint64_t number_;
  WorkerAddress address_;
  std::shared_ptr<Process> process_;
  std::shared_ptr<AgentLink> agent_;
  Event changed_;  ///< The process has ended, or the life is to end.
  OutputLines output_;
  LifePhase phase_ = LifePhase::starting;
  int pid_ = 0;
  bool was_ready_ = false;
  bool proved_ = false;
  bool serving_ = false;   ///< A dispatch is under way.
  bool lost_run_ = false;  ///< It ended with a run, or because of one.
  bool retiring_ = false;  ///< No run is given to it any more.
  SteadyTime started_at_{};
  std::optional<GivenUp> given_up_;
  std::string run_id_;
  std::optional<WorkerExit> exited_;
  std::optional<LifeEnd> asked_to_end_;
};

}  // namespace holdfast::workers
