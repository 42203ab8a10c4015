/// The durable truth about runs. One interface, held by the same contract tests
/// (tests/contract/journal) for every implementation.
///
/// A Store blocks and is used by one thread at a time. Runs on: journal thread, may block.
/// Errors of every function: unavailable (disk full, database away: nothing was changed, try again),
/// data_loss (the file fails verification).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <variant>

#include "journal/backlog.hpp"
#include "journal/incident.hpp"
#include "journal/record.hpp"
#include "journal/thread_checkpoint.hpp"

namespace holdfast::journal {

/// The first attempt at a new run.
struct FirstStart {
  std::string lease_owner;  ///< The instance that runs it.
  std::string body = "{}";  ///< Of the `started` entry.
};

/// A new run. Time stamps are the store's.
struct Accept {
  Run run;  ///< id, owner, thread_id, prompt, route, request, traceparent; the rest is set by the store.
  std::string body = "{}";  ///< Of the `accepted` entry.
  /// A worker is idle already: the attempt starts in the same transaction. Not when the run was there before, and a
  /// store may leave it out when it is not sure that the run is new: `Written::run` tells.
  std::optional<FirstStart> start;
};

/// One entry for an existing run and what it does to the state. Applied only while the run is in `from` with
/// `attempt`: that pair is the fence that refuses the late word of an older attempt.
struct Append {
  RunId id;
  RunStatus from = RunStatus::running;
  int attempt = 0;  ///< The attempt the writer belongs to.
  RunStatus to = RunStatus::running;
  EntryKind kind = EntryKind::progress;
  std::string body = "{}";
  bool starts_attempt = false;           ///< attempt becomes attempt + 1, and started_at is set.
  bool counts_crash = false;             ///< crashes becomes crashes + 1.
  std::string result;                    ///< Stored when not empty.
  std::string error;                     ///< Stored when not empty.
  std::string usage;                     ///< Stored when not empty.
  std::optional<Checkpoint> checkpoint;  ///< Replaces the run's checkpoint.
  std::string lease_owner;               ///< With starts_attempt: the instance that runs it.
  std::chrono::milliseconds delay{0};    ///< With a return to the queue: nobody starts the run before it has passed.
  /// The state the writer goes on from, if it has it: a store whose database is away goes on from there.
  std::shared_ptr<const Run> known;
};

/// The client has shown the answer. Idempotent: the first one writes a `delivered` entry.
struct Deliver {
  RunId id;
};

using Write = std::variant<Accept, Append, Deliver>;

/// What a write did.
struct Written {
  Run run;              ///< The state now.
  bool changed = true;  ///< False: an Accept found the run already there, or a Deliver found it delivered.
};

struct RunFilter {
  std::string owner;
  std::optional<std::string> thread_id;
  std::optional<RunStatus> status;
  bool only_undelivered = false;  ///< Terminal and not yet acknowledged.
  std::string before;             ///< Cursor: runs older than this one, by (created_at, id). Empty: from the newest.
  int limit = 50;
};

struct ThreadSummary {
  std::string thread_id;
  std::string title;  ///< The first prompt of the thread.
  UnixMillis latest_at = 0;
  std::int64_t run_count = 0;
};

struct ThreadPage {
  std::vector<ThreadSummary> threads;
  std::int64_t total = 0;
};

/// Takes queued runs and starts an attempt at each.
struct Claim {
  std::string instance;
  std::vector<std::string> bodies;  ///< Of the `started` entries; as many runs are taken at most.
};

struct RatingChange {
  std::optional<bool> feedback;
  std::optional<std::string> comment;
  bool sets_sentiment = false;
  std::optional<bool> sentiment;  ///< With sets_sentiment; absent takes it back.
};

/// What deleting a thread removed.
struct Deleted {
  std::int64_t runs = 0;
  std::int64_t entries = 0;
  std::int64_t checkpoints = 0;
  std::int64_t ratings = 0;
  std::int64_t thread_checkpoints = 0;
};

/// A run that lived in a local journal while the database was away.
struct Import {
  Run run;                     ///< As it is locally.
  std::vector<Entry> entries;  ///< All local ones, in order: the first has the number base_seq + 1.
  std::optional<Checkpoint> checkpoint;
  std::int64_t base_seq = 0;  ///< Of the latest entry that the database had when the local journal took over.
  RunStatus base_status = RunStatus::queued;
  int base_attempt = 0;
  bool accepted_here = true;  ///< There was no base: the run was accepted locally.
};

/// What became of an Import.
enum class ReplayVerdict : unsigned char {
  imported,       ///< The database had none or a part of it, and has it all now.
  already_there,  ///< The database had it all.
  fenced,         ///< Somebody else went on with the run: the local words come too late. Nothing was changed.
};

/// What another instance did.
struct Change {
  std::vector<RunId> runs;  ///< They moved on.
  bool queued = false;      ///< There are runs to claim.
};

/// How long a lapsed lease still tells until when its instance was alive.
inline constexpr std::chrono::milliseconds kRememberLapsed = std::chrono::hours(24);

/// How a store is doing.
struct StoreHealth {
  struct Spill {
    bool active = false;     ///< The database is away: what is written goes to the local journal.
    std::int64_t depth = 0;  ///< Runs in the local journal that are not in the database yet.
    std::chrono::milliseconds oldest{0};
    std::int64_t fenced = 0;  ///< Runs whose local words came too late, kept aside in the local journal.
  };
  struct Connections {
    int size = 0;
    int idle = 0;
    int in_use = 0;
    int waiting = 0;
    std::uint64_t created = 0;
    std::uint64_t broken = 0;
    std::uint64_t resets = 0;
    std::uint64_t replaced = 0;  ///< Closed by a reset, when their work was done.
  };
  std::string type;
  bool reachable = true;
  std::string error;  ///< Why not; empty when reachable.
  std::chrono::microseconds read_latency{0};
  Spill spill;
  Connections connections;
};

class Store {
 public:
  virtual ~Store() = default;

  /// Any thread.
  [[nodiscard]] virtual StoreHealth health() const = 0;

  /// Makes all writes durable in one transaction and returns one result for each, in order. A write sees
  /// the ones before it. A refused write does not stop the others:
  ///   not_found: no such run (Append, Deliver);
  ///   conflict: the run is not in `from` with `attempt` (Append), or not terminal (Deliver);
  ///   invalid_argument: a text of it is not UTF-8 or holds a NUL (journal/text_rules.hpp).
  /// When the transaction itself fails, every result is that error and nothing was changed.
  virtual std::vector<Result<Written>> commit(std::span<const Write> writes) = 0;

  /// Housekeeping that nobody should wait for. Call it when the results of a commit were handed out.
  virtual void settle() {}

  /// When settle() wants to be called again although nobody asks for anything; absent: it can wait for the next commit.
  [[nodiscard]] virtual std::optional<std::chrono::milliseconds> settles_again_in() const { return std::nullopt; }

  /// Whether `unavailable` may be the answer to single writes while others are durable. Then probe() tells whether
  /// anything can be written.
  [[nodiscard]] virtual bool refuses_single_writes() const noexcept { return false; }

  /// Makes sure that a commit would be durable now, without changing any run.
  virtual Result<void> probe() = 0;

  virtual Result<std::optional<Run>> find(const RunId& id) = 0;

  /// Entries after `after_seq`, in order, at most `limit`.
  virtual Result<std::vector<Entry>> entries(const RunId& id, std::int64_t after_seq, int limit) = 0;

  virtual Result<std::optional<Checkpoint>> checkpoint(const RunId& id) = 0;

  /// Newest first. invalid_argument: the cursor is not one of ours.
  virtual Result<std::vector<Run>> list(const RunFilter& filter) = 0;

  /// Cursor for the page after `last`.
  [[nodiscard]] static std::string cursor_after(const Run& last);

  /// Runs of one thread, oldest first, the latest `limit` of them.
  virtual Result<std::vector<Run>> thread_runs(const std::string& owner, const std::string& thread_id, int limit) = 0;

  /// Newest first.
  virtual Result<ThreadPage> threads(const std::string& owner, int offset, int limit) = 0;

  /// Every run that is queued or running, oldest first: what recovery starts from.
  virtual Result<std::vector<Run>> unfinished() = 0;

  /// Costs at most kMostCounted index entries. By the clock of the store.
  virtual Result<Backlog> backlog() = 0;

  // Several instances on one database. All times are the store's, so that clocks of instances do not matter.

  /// Whether other instances may work on the same runs.
  [[nodiscard]] virtual bool shared() const noexcept { return false; }

  /// Holds what `instance` runs for `ttl` from now. Returns how many other instances hold a lease.
  virtual Result<int> renew_lease(const std::string& instance, std::chrono::milliseconds ttl) = 0;

  /// Ends the lease of the instance: what it runs is orphaned from now on.
  virtual Result<void> end_lease(const std::string& instance) = 0;

  /// When the latest lease of the instance ends, or ended. Absent: it has none, or its end is kRememberLapsed ago.
  virtual Result<std::optional<UnixMillis>> lease_until(const std::string& instance) = 0;

  /// The oldest available queued runs, fairly between owners, each now running for claim.instance. Never a run that
  /// another instance takes at the same moment.
  virtual Result<std::vector<Run>> claim(const Claim& claim) = 0;

  /// Running runs of `instance`, oldest first: what it works on, or believes it does not.
  virtual Result<std::vector<Run>> held_by(const std::string& instance) = 0;

  /// Running runs whose instance holds no lease, oldest first. Empty while that cannot be judged (soon after the
  /// database came back, when nobody could renew).
  virtual Result<std::vector<Run>> orphans(int limit) = 0;

  /// Of those that exist, in any order.
  virtual Result<std::vector<RunVersion>> versions(std::span<const RunId> ids) = 0;

  /// `sink` is called, from any thread, when another instance changed something. May miss changes: poll too.
  virtual void on_change(std::function<void(Change)> sink) { (void)sink; }

  /// Brings a run that lived in a local journal into this store: see journal/replay_plan.hpp. In one transaction:
  /// reads the run and its entries after `base_seq`, calls `plan_replay`, and does what it says. Entries keep their
  /// local times.
  virtual Result<ReplayVerdict> import(const Import& local) = 0;

  // What users say of answers, and what they no longer want.

  /// not_found: no such run; invalid_argument: the comment is not UTF-8 or holds a NUL.
  virtual Result<Rating> rate(const RunId& id, const RatingChange& change) = 0;

  /// Of the thread's runs that have one.
  virtual Result<std::vector<Rating>> ratings(const std::string& owner, const std::string& thread_id) = 0;

  /// Removes the thread's runs and all that belongs to them. failed_precondition: one of them is not terminal.
  virtual Result<Deleted> delete_thread(const std::string& owner, const std::string& thread_id) = 0;

  /// Empties up to `limit` runs delivered longer than `age` ago: prompt, request, result, entries, checkpoint and
  /// rating go, and retired_at is set. Returns how many.
  virtual Result<std::int64_t> retire(std::chrono::milliseconds age, int limit) = 0;

  // What happened to the servers.

  /// Makes them durable in one transaction. One whose id is there stays as it is: to note again what may be there
  /// already is safe. invalid_argument: see check_incident(); nothing was changed.
  virtual Result<void> note_incidents(std::span<const Incident> incidents) = 0;

  /// Of all instances, newest first. invalid_argument: the cursor is not one of ours.
  virtual Result<IncidentPage> incidents(const IncidentFilter& filter) = 0;

  /// Removes up to `limit` of those older than `age`, and up to `limit` of those that are not among the latest `keep`.
  /// Returns how many.
  virtual Result<std::int64_t> trim_incidents(std::chrono::milliseconds age, std::int64_t keep, int limit) = 0;

  // States of conversations that workers keep (journal/thread_checkpoint.hpp).

  /// Adds it, or replaces the one of its place; created_at is the store's. failed_precondition: a limit;
  /// invalid_argument: see check_thread_checkpoint(). Nothing was changed then.
  virtual Result<void> put_thread_checkpoint(const ThreadCheckpoint& checkpoint,
                                             const ThreadCheckpointLimits& limits) = 0;

  /// The checkpoint need not be there yet. A write whose task and index are there already is left as it is, but for a
  /// negative index: that is replaced. Errors as put_thread_checkpoint().
  virtual Result<void> put_thread_writes(const CheckpointPlace& place, const std::vector<ThreadWrite>& writes,
                                         const ThreadCheckpointLimits& limits) = 0;

  /// Newest first, with their writes.
  virtual Result<ThreadCheckpointPage> thread_checkpoints(const ThreadCheckpointFilter& filter) = 0;

  /// Returns how many there were.
  virtual Result<std::int64_t> delete_thread_checkpoints(const std::string& owner, const std::string& thread_id) = 0;

  /// Removes those of up to `limit` threads in which none was written for `age` and no run has its content any more.
  /// Returns of how many threads.
  virtual Result<std::int64_t> retire_thread_checkpoints(std::chrono::milliseconds age, int limit) = 0;

  // Bodies of requests that are too large for a run's row. They are written before their run is accepted, and are of no
  // use once it has ended.

  /// Makes the piece durable. One that is there already stays as it is. not_found: it is not the first, and the body is
  /// not there.
  virtual Result<void> put_body_piece(const BodyPiece& piece) = 0;

  /// not_found: it is not there.
  virtual Result<std::string> body_piece(const std::string& body_id, std::int64_t number) = 0;

  /// Removes up to `limit` pieces of the body. Returns 0 when nothing was left of it.
  virtual Result<std::int64_t> drop_body(const std::string& body_id, int limit) = 0;

  /// Removes up to `limit` pieces of a body whose run has ended, or is not there although the body was last written to
  /// `age` ago. Returns 0 when there is none.
  virtual Result<std::int64_t> trim_bodies(std::chrono::milliseconds age, int limit) = 0;

  /// Replaces every connection to the database without cutting one that is in use.
  virtual Result<void> reset_connections() { return {}; }
};

/// Opens or creates the journal file: WAL, synchronous=FULL, migrations applied in order.
/// unavailable: cannot be opened or written (the message names the path); failed_precondition: written by a newer
/// Holdfast; data_loss: not a journal, or damaged.
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const Clock& clock);

}  // namespace holdfast::journal
