/// The worker pool: keeps worker processes ready in a fixed number of places, some of which may be parked, and gives
/// runs to them, one at a time to each unless its configuration says more.
///
/// Ownership: the pool owns its processes; a Slot borrows one of them and must not outlive the pool.
/// Runs on: supervisor strand (and processes are forked there: PR_SET_PDEATHSIG follows the forking thread).
/// Invariants:
///   - A worker has at most `concurrency` runs. One whose run was cut off gets none any more: it is replaced once it
///   has
///     none left.
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
#include "workers/account.hpp"
#include "workers/agent_link.hpp"
#include "workers/attempt.hpp"
#include "workers/command.hpp"
#include "workers/passage.hpp"
#include "workers/worker_limits.hpp"

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
  ToldBy told_by = ToldBy::placeholder;
  std::string health_path;                     ///< Ready is who answers 2xx there. Empty: who accepts a connection.
  std::chrono::milliseconds liveness{10'000};  ///< Between two looks at an idle worker. 0: nobody looks.
  int concurrency = 1;                         ///< Runs of one worker at a time.
  std::string directory;                       ///< Working directory. Empty: ours.
  std::vector<std::string> environment;        ///< worker_environment(), `chosen`.
  std::optional<Account> account;              ///< None: ours.
  WorkerLimits limits;
};

/// Whether a run may share a worker with others.
enum class Company : unsigned char { shared, alone };

struct WorkerStatus {
  int index = 0;
  int pid = 0;         ///< 0 while there is no process.
  std::string state;   ///< starting, idle, busy, stopping, backing_off, parked
  std::string run_id;  ///< Of the run that it serves, the first of several.
  int runs = 0;        ///< That it serves.
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
  int ready = 0;         ///< Idle or busy.
  int concurrency = 1;   ///< Runs that each takes at a time.
  std::size_t kept = 0;  ///< Connections to workers that wait for another request to pass through.
  bool crash_loop = false;
  std::string last_failure;  ///< Of the latest failed start or unexpected death; empty when none.
};

/// Whether the configuration can work: for a refusal at start instead of a crash loop.
/// invalid_argument: nothing tells the worker where to listen, no worker, a working directory that is none, limits that
/// cannot be set, or a socket directory that is missing, open to others, or too long.
[[nodiscard]] Result<void> check(const PoolConfig& config);

/// A worker that may be given a run: it has none, or room for one more.
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

  /// Requests that are passed through to it beside the run.
  [[nodiscard]] int passages() const noexcept;

  /// The page that the worker's process shares with us; null when it has none.
  [[nodiscard]] std::shared_ptr<AgentLink> agent() const;

  /// What it runs as. None: as we do.
  [[nodiscard]] const std::optional<Account>& account() const;

  /// Sends the attempt and reads until its end. Call once; the slot must live until it is awaited.
  awaitable<Result<DispatchOutcome>> dispatch(Attempt attempt, EventSink on_event);

 private:
  friend class Pool;
  explicit Slot(std::shared_ptr<WorkerLife> life);
  std::shared_ptr<WorkerLife> life_;  ///< Null once spent.
};

class Pool {
 public:
  /// `on_change` is called soon after a worker became idle or its process has ended, from the executor and never from
  /// inside another call; it must not throw and may call acquire().
  Pool(asio::any_io_executor executor, PoolConfig config, std::function<void()> on_change);
  ~Pool();  ///< Kills what is left.
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Begins to start the first `count` workers; does not wait for them. The others are parked.
  void start(int count = std::numeric_limits<int>::max());

  /// A place at the worker that has the fewest runs, if one has room.
  [[nodiscard]] std::optional<Slot> acquire(Company company = Company::shared);

  /// This worker for the caller alone, when it has no run.
  [[nodiscard]] std::optional<Slot> acquire_worker(int index);

  /// The one that acquire() would give. Costs nobody anything.
  [[nodiscard]] std::optional<IdleWorker> idle(Company company = Company::shared) const;

  /// A place for a request that is passed through: at an idle worker if there is one, else at any that is ready, the
  /// one with the fewest such requests. Waits until `deadline` for a worker that starts. unavailable: none became
  /// ready, or the pool is stopped; cancelled.
  awaitable<Result<Passage>> pass(SteadyTime deadline);

  /// Closes connections to workers that were kept too long without use. Call now and then.
  void expire_connections(SteadyTime now);

  /// Every worker that has no run now, each to be used by the caller alone until its slot is dropped.
  [[nodiscard]] std::vector<Slot> acquire_all();

  /// Ends the process of a worker once it has no run, and starts none in its place before unpark().
  void park(int index);

  /// Starts the process of a worker that was parked.
  void unpark(int index);

  /// Replaces the process of a worker; a run that it serves ends first. `new_first`: its successor starts before it
  /// ends, for when both fit into memory.
  void recycle(int index, bool new_first);

  /// Kills the process that serves this run: the attempt is lost for the reason given, as are those of other runs that
  /// it serves, which does not count as their crash. False: no process serves it.
  bool give_up_run(const std::string& run_id, const GivenUp& why);

  /// SIGTERM to all, SIGKILL after the grace period; returns when every process is reaped. Starts none any more.
  awaitable<void> stop();

  [[nodiscard]] PoolStatus status() const;

 private:
  [[nodiscard]] std::shared_ptr<WorkerLife> life_to_pass() const;
  [[nodiscard]] std::shared_ptr<WorkerLife> with_room(Company company) const;
  [[nodiscard]] Worker* find(int index) const;

  std::shared_ptr<PoolState> state_;
  std::vector<std::shared_ptr<Worker>> workers_;
};

}  // namespace holdfast::workers
