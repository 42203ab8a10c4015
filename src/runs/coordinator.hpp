/// The life of a run: accept, join, start, retry, finish, deliver, recover at start.
///
/// Ownership: one Coordinator per process; it borrows the journal and the pool, which outlive it.
/// Runs on: supervisor strand.
/// Invariants (design.md, "Rules that hold everywhere"; a test is named after each):
///   - Nothing starts that is not in the journal; nothing is sent that is not in the journal.
///   - A run has exactly one terminal entry; the late answer of an older attempt is refused.
///   - Every accepted run reaches a terminal state: a lost attempt is tried again, a run that killed its
///     worker `max_crashes` times is sealed as failed with the evidence.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <unordered_map>

#include "governor/governor.hpp"
#include "journal/journal.hpp"
#include "runs/answer_cache.hpp"
#include "runs/flights.hpp"
#include "runs/live_run.hpp"
#include "runs/recent_ends.hpp"
#include "runs/retry_policy.hpp"
#include "runs/run_queue.hpp"
#include "runs/stored_request.hpp"
#include "runs/worker_tokens.hpp"
#include "workers/pool.hpp"

namespace holdfast::runs {

using journal::Entry;
using journal::Run;
using journal::RunFilter;
using journal::RunStatus;
using journal::ThreadPage;

/// What a client asks for, already checked for shape.
struct Submission {
  std::string owner;
  std::string thread_id;
  std::optional<RunId> id;  ///< Chosen by the client; made here when absent.
  std::string prompt;
  std::string route;    ///< Of a guaranteed route, whose request is kept as it came. Empty: an analysis.
  std::string request;  ///< The client's JSON object, or a StoredRequest.
  std::string traceparent;
  bool anew = false;  ///< The answer of another run will not do.
};

struct Accepted {
  Run run;
  bool joined = false;  ///< The run was there already.
};

/// Where a queued run stands.
struct QueuePlace {
  /// 1 is next. Absent: only the instance that accepted the run knows; or it waits for a run that is under way.
  std::optional<int> position;
  /// "starting", "workers_busy", "workers_starting", "workers_failing", "retry_backoff", "at_another_instance",
  /// "memory", "same_question".
  std::string reason;
  std::string detail;                   ///< For people; empty when the reason says it all.
  std::optional<int> estimate_seconds;  ///< Absent while no run has finished yet.
  std::optional<Bytes> needed;          ///< By the run that is next, when memory is what it waits for.
  std::optional<Bytes> free;            ///< What the limit leaves for it.
};

struct CoordinatorConfig {
  std::string route = "POST /analyze";
  /// Names this server among those that share the journal. Stays the same when it is started again.
  std::string instance = "only";
  /// How long runs of an instance that says nothing stay its own. Renewed three times in that time.
  std::chrono::milliseconds lease{15'000};
  /// How often runs that others work on are looked at, when no notification comes.
  std::chrono::milliseconds poll{500};
  std::size_t claims_at_once = 16;  ///< Runs claimed in one transaction.
  std::size_t queue_limit = 1000;   ///< Runs that wait; past it submissions are refused.
  /// For all attempts at a run together, wherever they are made.
  std::chrono::milliseconds run_deadline{240'000};
  std::chrono::milliseconds queue_deadline{3'600'000};  ///< A run that waited this long for a worker is expired.
  RetryPolicy retry;
  bool send_history = true;  ///< The built-in worker reads earlier runs of the thread (docs/worker-protocol.md).
  AnswerCacheConfig cache;
  /// Gives each attempt its token; outlives the coordinator. Null: workers get none.
  WorkerTokens* tokens = nullptr;
  /// Says what may start; outlives the coordinator. Null: whatever meets an idle worker.
  governor::Governor* governor = nullptr;
  /// The longest body of a response on a guaranteed route.
  Bytes max_answer{std::uint64_t{1} << 30U};
};

struct CoordinatorStatus {
  int queued = 0;
  int running = 0;
  std::uint64_t completed = 0;  ///< Since this process started, as are the following.
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t expired = 0;
};

class Coordinator {
 public:
  Coordinator(asio::any_io_executor executor, journal::Journal& journal, workers::Pool& pool, const Clock& clock,
              CoordinatorConfig config);
  ~Coordinator();
  Coordinator(const Coordinator&) = delete;
  Coordinator& operator=(const Coordinator&) = delete;

  /// Takes up every unfinished run of the journal. Await once, before the first submit().
  /// Returns how many there were.
  awaitable<Result<int>> recover();

  /// Makes the run durable, or joins the one of that id. Never starts a second execution.
  /// failed_precondition: the id is in use for another request; not_found: it is another owner's; resource_exhausted:
  /// the queue is full; unavailable: the journal cannot be written or the process is stopping. In all cases no work was
  /// started.
  awaitable<Result<Accepted>> submit(Submission submission);

  /// not_found: no such run, or another owner's.
  awaitable<Result<Run>> find(std::string owner, RunId id);

  /// The run once its last_seq is past `seen_seq` or it is terminal, or as it is at `deadline` (or when
  /// the awaiting task is cancelled). Errors as find().
  awaitable<Result<Run>> wait_past(std::string owner, RunId id, std::int64_t seen_seq, SteadyTime deadline);

  /// The run once it is terminal, or as it is at `deadline` (or when the awaiting task is cancelled).
  awaitable<Result<Run>> wait_terminal(std::string owner, RunId id, SteadyTime deadline);

  /// Entries after `after_seq`, oldest first, at most `limit`. Does not check the owner: find() first.
  awaitable<Result<std::vector<Entry>>> entries(RunId id, std::int64_t after_seq, int limit);

  /// Stops the work. The terminal entry is durable when this returns. failed_precondition: it is terminal already.
  awaitable<Result<Run>> cancel(std::string owner, RunId id);

  /// The client has shown the answer. Idempotent. failed_precondition: the run is not terminal.
  awaitable<Result<void>> acknowledge(std::string owner, RunId id);

  awaitable<Result<std::vector<Run>>> list(RunFilter filter);
  awaitable<Result<std::vector<Run>>> thread_runs(std::string owner, std::string thread_id, int limit);
  awaitable<Result<ThreadPage>> threads(std::string owner, int offset, int limit);

  /// Where `run`, as it was read, stands. Absent when it is not waiting.
  [[nodiscard]] std::optional<QueuePlace> queue_place(const Run& run) const;

  /// Runs of one owner that wait for a worker, or for the answer to the same question.
  [[nodiscard]] std::size_t waiting_of(const std::string& owner) const {
    return queue_.waiting_of(owner) + flights_.waiting_of(owner);
  }

  /// Runs that wait here for a worker, or for memory.
  [[nodiscard]] std::size_t waiting() const noexcept { return queue_.size(); }

  [[nodiscard]] CoordinatorStatus status() const;

  /// Runs that are queued or running here, oldest first; of one owner, or of all. What they point to changes at the
  /// next await (coordinator_overview.cpp).
  [[nodiscard]] std::vector<std::shared_ptr<const LiveRun>> unfinished(const std::optional<std::string>& owner) const;

  [[nodiscard]] const std::deque<EndedRun>& recent_ends() const noexcept { return ends_.list(); }

  [[nodiscard]] AnswerCache& answers() noexcept { return answers_; }

  /// True once drain() was called.
  [[nodiscard]] bool draining() const noexcept { return draining_; }

  /// Gives an idle worker the next run, if memory allows. To be called when a worker becomes idle, and when memory has
  /// changed.
  void pump();

  /// Starts nothing new and waits until `deadline` for running attempts to end. What comes meanwhile waits in the
  /// queue: for a restart, of which nobody has to know.
  awaitable<void> rest(SteadyTime deadline);

  /// Takes and starts nothing new, waits for running attempts until `deadline`, then cuts them off without a
  /// word in the journal, so that the next start takes them up.
  awaitable<void> drain(SteadyTime deadline);

  // Conversations, and what users say of answers (coordinator_threads.cpp).

  /// Notes what the user says of an answer. not_found: no such run, or another owner's.
  awaitable<Result<journal::Rating>> rate(std::string owner, RunId id, journal::RatingChange change);

  /// Of the owner's runs in the thread that have one.
  awaitable<Result<std::vector<journal::Rating>>> ratings(std::string owner, std::string thread_id);

  /// Cancels what is unfinished in the thread, then removes its runs and all that belongs to them.
  /// not_found: the owner has no run there; failed_precondition: new runs came faster than they were cancelled.
  awaitable<Result<journal::Deleted>> delete_thread(std::string owner, std::string thread_id);

  /// Where the next attempt would go on from. Does not check the owner: find() first.
  awaitable<Result<std::optional<journal::Checkpoint>>> checkpoint(RunId id);

 private:
  using LiveRunPtr = std::shared_ptr<LiveRun>;

  // Ways in (coordinator.cpp).
  awaitable<Result<Accepted>> join(Run existing, const Submission& submission);
  LiveRunPtr take_up(Run run);
  [[nodiscard]] LiveRunPtr find_live(const RunId& id) const;
  awaitable<Result<Run>> wait_until(std::string owner, RunId id, std::int64_t seen_seq, SteadyTime deadline);
  awaitable<Result<Run>> find_live_or_stored(const std::string& owner, const RunId& id);

  // An attempt from start to end (coordinator_attempts.cpp).
  /// An idle worker, and the memory that an attempt on it may take.
  struct Place {
    workers::Slot slot;
    std::shared_ptr<governor::AttemptMemory> memory;  ///< Null: nobody governs.
  };
  [[nodiscard]] std::optional<Place> place_for(const LiveRun& head);
  [[nodiscard]] std::optional<Place> place_for_newcomer(const std::string& route);
  [[nodiscard]] std::optional<Place> take_idle(std::optional<governor::Governor::Verdict> verdict,
                                               workers::Company company = workers::Company::shared);
  awaitable<void> run_attempt(LiveRunPtr live, Place place);
  awaitable<void> work_on(LiveRunPtr live, Place place);
  void end_memory(LiveRun& live, governor::AttemptMemory& memory, Result<workers::DispatchOutcome>& outcome);
  void work_on_started(Run run, Place place, std::optional<governor::ResultKey> key = std::nullopt);
  [[nodiscard]] std::string start_body(const workers::Slot& slot) const;
  awaitable<bool> start_attempt(LiveRunPtr live, std::string body);
  awaitable<void> learn_time_spent(LiveRunPtr live);
  awaitable<Result<void>> fill_request(workers::Attempt* attempt, LiveRunPtr live);
  awaitable<void> settle_unfilled(LiveRunPtr live, Error why);
  awaitable<std::string> body_for_worker(const LiveRun& live);

  // Request bodies that are kept in pieces (coordinator_bodies.cpp).
  struct BodyReading;
  awaitable<bool> can_read_request(LiveRunPtr live);
  awaitable<Result<void>> add_kept_body(workers::Attempt* attempt, LiveRunPtr live, KeptBody kept);
  awaitable<Result<std::string>> next_piece(LiveRunPtr live, std::shared_ptr<BodyReading> reading);
  awaitable<Result<void>> forget_unclaimed_bodies();

  awaitable<Result<void>> record_event(LiveRunPtr live, int attempt, workers::WorkerEvent event);
  awaitable<Result<void>> record_part(LiveRunPtr live, journal::Append append);
  awaitable<Result<void>> record_end(LiveRunPtr live, journal::Append append);
  void requeue(LiveRunPtr live, std::chrono::milliseconds delay);
  awaitable<void> resolve_start(LiveRunPtr live);
  awaitable<void> refresh(LiveRunPtr live);
  void give_up(LiveRunPtr live);
  void stop_runs(RunStatus status);
  void start_task(std::string_view name, std::function<awaitable<void>()> body);
  void end_task();

  // Answers that stand for those of others (coordinator_sharing.cpp).
  /// What a new run has to do with others that ask the same.
  struct Sharing {
    std::optional<governor::ResultKey> key;  ///< Absent: nothing.
    std::optional<SharedAnswer> answer;      ///< There is one already.
    bool leads = false;                      ///< The others wait for it, or nobody waits for anybody.
    [[nodiscard]] bool needs_worker() const { return !key || leads; }
  };
  awaitable<std::optional<governor::ResultKey>> key_for_sharing(const Submission& submission, const Run& run);
  [[nodiscard]] Sharing look_for_answer(const std::optional<governor::ResultKey>& key, const RunId& id);
  [[nodiscard]] std::string shared_start_body(const SharedAnswer& answer) const;
  void begin(LiveRunPtr live, Sharing sharing);
  void answer_from(LiveRunPtr live, SharedAnswer answer);
  awaitable<void> give_answer(LiveRunPtr live, SharedAnswer answer);
  void share_answer(const LiveRun& live);
  enum class Next : unsigned char { one_by_one, all_at_once };
  void land(const governor::ResultKey& key, const RunId& leader, Next next);
  bool leave_queue(const RunId& id);
  [[nodiscard]] std::optional<QueuePlace> place_behind_leader(const RunId& id) const;

  // Other instances on the same journal (coordinator_instances.cpp).
  awaitable<void> hold_lease();
  awaitable<void> watch_orphans();
  awaitable<void> show_life();
  awaitable<std::optional<UnixMillis>> last_alive(std::string instance);
  awaitable<void> take_over(Result<std::vector<Run>> orphans, std::string reason);
  awaitable<void> claim_waiting();
  awaitable<bool> claim_once();

  // Runs that are not live here, but waited for (coordinator_watch.cpp).
  struct Watched;
  awaitable<Wake> watched(Run seen, SteadyTime deadline);
  awaitable<void> watch_others();
  awaitable<void> look_at_others();
  void note_change(const journal::Change& change);

  void note_step(LiveRun& live, const workers::WorkerEvent& event);
  void note_end(const LiveRun& live);

  /// Takes over the durable state and wakes who waits for it. A terminal run is live no more.
  void update(LiveRun& live, Run run);
  void end_run(LiveRun& live);
  awaitable<void> expire_waiting();

  asio::any_io_executor executor_;
  journal::Journal& journal_;
  workers::Pool& pool_;
  const Clock& clock_;
  CoordinatorConfig config_;

  std::unordered_map<RunId, LiveRunPtr> live_;
  RunQueue queue_;
  AnswerCache answers_;
  Flights flights_;
  std::size_t accepting_ = 0;  ///< On their way into the journal: they have a place in the queue already.
  CoordinatorStatus counts_;
  RecentEnds ends_;
  double mean_run_ms_ = 0;                           ///< Moving average over finished attempts; 0 while there is none.
  int tasks_ = 0;                                    ///< Attempts under way and waits before the next.
  Event idle_;                                       ///< tasks_ became 0.
  std::list<asio::cancellation_signal> stop_tasks_;  ///< One for each task that lasts until drain().
  std::unordered_map<RunId, std::shared_ptr<Watched>> watched_;
  Event claimable_;              ///< There may be runs to claim.
  bool more_to_claim_ = false;   ///< The last claim got all it asked for, or found no idle worker.
  bool told_of_queued_ = false;  ///< Another instance has more than it can do.
  bool holds_lease_ = false;     ///< It was renewed the last time.
  bool resting_ = false;
  bool draining_ = false;
};

}  // namespace holdfast::runs
