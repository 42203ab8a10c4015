/// One life of a worker: one process from its start to its end, and the run it has.
///
/// Ownership: shared by the worker's task, the slot that has it, and the tasks that watch the process.
/// Runs on: supervisor strand.
/// Invariants:
///   - A life serves `concurrency` runs at a time at most, and takes none after one that was broken off.
///   - A run that was promised to be alone is.
///   - A life that has ended stays ended: a slot of it dispatches nothing, whatever its worker does next. A dispatch
///   may
///     last longer than its life, to read what the worker wrote before it died.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/event.hpp"
#include "workers/attempt.hpp"
#include "workers/command.hpp"
#include "workers/exchange.hpp"
#include "workers/idle_connections.hpp"
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

  /// Waits until the worker listens and, where there is a health path, says that it is well. unavailable: it died
  /// before; deadline_exceeded; cancelled: end_soon() was called.
  awaitable<Result<void>> become_ready(SteadyTime deadline);

  /// Waits until it is over. Meanwhile looks now and then whether it still accepts connections when it is idle, and
  /// ends it when it does not.
  awaitable<void> watch_until_over();

  /// Waits until the process has ended or is to be ended, at most until `deadline`. True when it is so.
  awaitable<bool> wait_over(SteadyTime deadline);

  /// Ends the process if it still runs: SIGTERM to the group, SIGKILL after the grace period. Returns when the
  /// process and what is left of its group are reaped.
  awaitable<void> finish();

  /// It has no run, and may be given one.
  [[nodiscard]] bool is_idle() const noexcept { return phase_ == LifePhase::idle && !retiring_ && !over(); }

  /// It may be given a run, which it would serve beside others or alone.
  [[nodiscard]] bool has_room(Company company) const noexcept;

  /// Places that are taken, with a run or for one.
  [[nodiscard]] int places() const noexcept { return places_; }

  /// Takes a place for a run; false when it has no room.
  bool reserve(Company company);

  /// To its own process, if that still runs.
  void signal(int number) const noexcept;

  /// Gives back a place that was reserved and got no run.
  void release();

  /// Sends the attempt to the worker, which has a place reserved for it (Slot::dispatch).
  awaitable<Result<DispatchOutcome>> dispatch(Attempt attempt, EventSink on_event);

  /// The worker is to be replaced now; `end` says why.
  void end_soon(LifeEnd end);

  /// The worker is to be replaced once it has no run.
  void retire();

  /// Kills the process that has this run, which is lost for the reason given; its other runs are lost for the same
  /// reason, through no fault of theirs. False: it does not have that run.
  bool give_up_run(const std::string& run_id, GivenUp why);

  /// It takes requests that are passed through, beside a run.
  [[nodiscard]] bool takes_passages() const noexcept {
    return (phase_ == LifePhase::idle || phase_ == LifePhase::busy) && !retiring_ && !over();
  }

  /// A request that is passed through begins and ends (Passage).
  void enter() noexcept { ++passages_; }
  void leave();
  [[nodiscard]] int passages() const noexcept { return passages_; }
  [[nodiscard]] IdleConnections& idle_connections() noexcept { return idle_connections_; }
  [[nodiscard]] const WorkerAddress& address() const noexcept { return address_; }

  /// Why it ended, for the restart policy. Call once it is over.
  [[nodiscard]] LifeEnd ending() const noexcept;

  /// What to tell about the process: "worker 3 (pid 4711) exited with status 1".
  [[nodiscard]] std::string describe() const;

  [[nodiscard]] LifePhase phase() const noexcept { return phase_; }
  /// Null: there is none.
  [[nodiscard]] const std::shared_ptr<AgentLink>& agent() const noexcept { return agent_; }
  [[nodiscard]] const std::optional<Account>& account() const noexcept { return pool_->config.account; }
  /// What its agent says. None: it has none, or none that has published lately.
  [[nodiscard]] std::optional<memory::AgentFigures> agent_figures() const;
  [[nodiscard]] bool retiring() const noexcept { return retiring_; }
  [[nodiscard]] SteadyTime started_at() const noexcept { return started_at_; }
  [[nodiscard]] int worker() const noexcept { return worker_; }
  [[nodiscard]] int pid() const noexcept { return pid_; }
  /// The run that it serves, the first of several; empty when there is none.
  [[nodiscard]] std::string run_id() const { return runs_.empty() ? std::string() : runs_.front(); }
  [[nodiscard]] int runs() const noexcept { return static_cast<int>(runs_.size()); }
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
  Launch make_launch();
  std::vector<std::string> make_agent(const std::vector<std::string>& environment);
  [[nodiscard]] bool may_be_looked_at() const noexcept { return is_idle() && passages_ == 0; }
  static awaitable<void> watch_exit(std::shared_ptr<WorkerLife> self);
  static awaitable<void> read_output(std::shared_ptr<WorkerLife> self, OutputStream stream);
  void take_output();
  bool take_output(OutputStream stream);
  void log_line(OutputStream stream, const OutputLine& line) const;
  void log_dropped(OutputStream stream);
  void close_output();
  [[nodiscard]] OutputLines& lines(OutputStream stream) { return output_.at(static_cast<std::size_t>(stream)); }
  awaitable<bool> wait_exited(SteadyTime deadline);
  awaitable<void> wait_passages();
  awaitable<void> reap_descendants();
  awaitable<Lost> explain_loss(std::string run_id, BrokenOff broken);
  void settle(const std::string& run_id, const Result<DispatchOutcome>& outcome);
  void vacate();
  void end_after_runs(LifeEnd end);

  std::shared_ptr<PoolState> pool_;
  int worker_;
  std::uint64_t number_;
  WorkerAddress address_;
  std::shared_ptr<Process> process_;
  std::shared_ptr<AgentLink> agent_;
  IdleConnections idle_connections_;
  Event changed_;  ///< The process has ended, or the life is to end, or the last passage has.
  std::array<OutputLines, kOutputStreams.size()> output_;
  LifePhase phase_ = LifePhase::starting;
  int pid_ = 0;
  int passages_ = 0;
  int places_ = 0;      ///< Taken: reserved, or with a run.
  bool alone_ = false;  ///< The one place that is taken is for a run that is to be alone.
  bool was_ready_ = false;
  bool proved_ = false;
  bool lost_one_ = false;         ///< A run was lost with it, or because of it.
  bool died_serving_ = false;     ///< Its process ended when it had a run, perhaps one that was answered all the same.
  bool died_in_company_ = false;  ///< It had several then.
  bool retiring_ = false;         ///< No run is given to it any more.
  SteadyTime started_at_{};
  std::vector<std::string> runs_;
  std::string given_up_run_;
  std::optional<GivenUp> given_up_;
  std::optional<LifeEnd> after_runs_;  ///< It is to end so once it has no run.
  std::optional<WorkerExit> exited_;
  std::optional<LifeEnd> asked_to_end_;
};

}  // namespace holdfast::workers
