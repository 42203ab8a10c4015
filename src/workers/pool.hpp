/// The worker pool: keeps worker processes ready in a fixed number of places, some of which may be parked, and gives
/// one run to one worker at a time.
///
/// Ownership: the pool owns its processes; a Slot borrows one of them and must not outlive the pool.
/// Runs on: supervisor strand (and processes are forked there: PR_SET_PDEATHSIG follows the forking thread).
/// Invariants:
///   - A worker has at most one run. A worker whose run was cut off is never used again: it is replaced.
///   - A worker dies with the supervisor.
///   - Restarts back off; `crash_loop_after` failed starts in a row are a crash loop, which is said once
///     in the log and in status(), and then tried at the slow pace.
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/backoff.hpp"
#include "workers/agent_link.hpp"
#include "workers/attempt.hpp"

namespace holdfast::workers {

struct PoolConfig {
  std::string command;     ///< Run by /bin/sh; `{socket}` and `{port}` are replaced, quoted for the shell.
  std::string socket_dir;  ///< Existing directory of mode 0700; socket paths stay under 108 bytes.
  int size = 3;
  std::chrono::milliseconds start_timeout{30'000};  ///< From fork to the first accepted connection.
  std::chrono::milliseconds grace_period{5'000};    ///< From SIGTERM to SIGKILL.
  BackoffConfig restart_backoff{std::chrono::milliseconds(200), std::chrono::milliseconds(30'000)};
  int crash_loop_after = 5;
  AgentConfig agent;  ///< Without a library: none.
};

struct WorkerStatus {
  int index = 0;
  int pid = 0;        ///< 0 while there is no process.
  std::string state;  ///< starting, idle, busy, stopping, backing_off, parked
  std::string run_id;
  std::uint64_t starts = 0;
  SteadyTime started_at{};                    ///< Of the process.
  std::optional<memory::AgentFigures> agent;  ///< None: it has no agent, or one that has not published lately.
  bool retiring = false;                      ///< It is replaced once it has no run.
  int successor_pid = 0;         ///< Of the process that is to follow it, once that is started before its end.
  bool successor_ready = false;  ///< It may serve a run already.
  std::string successor_run_id;
  SteadyTime successor_started_at{};
  std::optional<memory::AgentFigures> successor_agent;
};

struct PoolStatus {
  std::vector<WorkerStatus> workers;
  int ready = 0;  ///< Idle or busy.
  bool crash_loop = false;
  std::string last_failure;  ///< Of the latest failed start or unexpected death; empty when none.
};

/// Whether the configuration can work: for a refusal at start instead of a crash loop.
/// invalid_argument: no placeholder in the command, no worker, or a socket directory that is missing, open to
/// others, or too long.
[[nodiscard]] Result<void> check(const PoolConfig& config);

struct IdleWorker {
  int index = 0;
  int pid = 0;
};

class PoolState;
class Worker;
class WorkerLife;

/// Permission to give one run to one worker. Ends with dispatch(), or when dropped.
class Slot {
 public:
  Slot(Slot&& other) noexcept;
  Slot& operator=(Slot&&) = delete;
  ~Slot();

  [[nodiscard]] int worker_index() const noexcept;
  [[nodiscard]] int worker_pid() const noexcept;

  /// To the worker's own process, not to what it started.
  void signal(int number) const noexcept;

  /// The page that the worker's process shares with us; null when it has none.
  [[nodiscard]] std::shared_ptr<AgentLink> agent() const;

  /// Sends the attempt and reads until its end. Call once; the slot must live until it is awaited.
  awaitable<Result<DispatchOutcome>> dispatch(Attempt attempt, EventSink on_event);

 private:
  friend class Pool;
  explicit Slot(std::shared_ptr<WorkerLife> life);
  std::shared_ptr<WorkerLife> life_;  ///< Null once spent.
};

class Pool {
 public:
  /// `on_idle` is called soon after a worker became idle, from the executor and never from inside another
  /// call; it must not throw and may call acquire().
  Pool(asio::any_io_executor executor, PoolConfig config, std::function<void()> on_idle);
  ~Pool();  ///< Kills what is left.
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Begins to start the first `count` workers; does not wait for them. The others are parked.
  void start(int count = std::numeric_limits<int>::max());

  /// An idle worker, if there is one.
  [[nodiscard]] std::optional<Slot> acquire();

  /// The one that acquire() would give. Costs nobody anything.
  [[nodiscard]] std::optional<IdleWorker> idle() const;

  /// Every worker that is idle now, each to be used by the caller alone until its slot is dropped.
  [[nodiscard]] std::vector<Slot> acquire_all();

  /// Ends the process of a worker once it has no run, and starts none in its place before unpark().
  void park(int index);

  /// Starts the process of a worker that was parked.
  void unpark(int index);

  /// Replaces the process of a worker; a run that it serves ends first. `new_first`: its successor starts before it
  /// ends, for when both fit into memory.
  void recycle(int index, bool new_first);

  /// Kills the process that serves this run: the attempt is lost for the reason given. False: no process serves it.
  bool give_up_run(const std::string& run_id, const GivenUp& why);

  /// SIGTERM to all, SIGKILL after the grace period; returns when every process is reaped. Starts none any more.
  awaitable<void> stop();

  [[nodiscard]] PoolStatus status() const;

 private:
  [[nodiscard]] Worker* find(int index) const;

  std::shared_ptr<PoolState> state_;
  std::vector<std::shared_ptr<Worker>> workers_;
};

}  // namespace holdfast::workers
