/// The journal thread: takes writes and reads from the supervisor strand, commits everything that waits in
/// one transaction (group commit, no artificial delay), and answers.
///
/// Ownership: owns the Store; the thread lives as long as the Journal. Destroying it finishes what was
/// submitted. Any coroutine of the supervisor strand may await its functions; they are not cancelled
/// half way, and each resumes on the executor given at construction.
/// Errors of every function, besides those of Store: resource_exhausted (queue full).
/// Invariant: a write's result is handed out only after the transaction is durable.
#pragma once

#include <thread>

#include "base/async.hpp"
#include "journal/store.hpp"

namespace holdfast::journal {

struct JournalConfig {
  /// Waiting operations. At 2 KB a write it bounds the queue near 20 MB; past it work is refused, not buffered.
  std::size_t queue_limit = 8192;
  /// Writes per transaction: 100 give 40,000 rows a second on a common disk, more only adds latency.
  std::size_t batch_limit = 256;
  /// How often an unwritable store is tried again while nothing else asks.
  std::chrono::milliseconds probe_interval{1000};
  /// Incidents that were noted and are not durable yet: 1 MB at most, a bad hour of a busy server.
  std::size_t incident_limit = 256;
  std::string instance;                  ///< What incidents say of where they happened.
  const Clock* clock = &system_clock();  ///< What they say of when. Outlives the journal.
};

/// How the journal is doing. Any thread.
struct JournalHealth {
  bool writable = true;
  std::string error;  ///< Of the last failed commit, when not writable.
  std::uint64_t commits = 0;
  std::uint64_t writes = 0;
  std::uint64_t incidents_dropped = 0;  ///< Noted, but not kept: the queue was full, or they were none.
  StoreHealth store;
};

class Journal {
 public:
  Journal(asio::any_io_executor executor, std::unique_ptr<Store> store, JournalConfig config = {});
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  awaitable<Result<Written>> accept(Accept accept);
  awaitable<Result<Written>> append(Append append);
  awaitable<Result<Written>> deliver(RunId id);

  awaitable<Result<std::optional<Run>>> find(RunId id);
  awaitable<Result<std::vector<Entry>>> entries(RunId id, std::int64_t after_seq, int limit);
  awaitable<Result<std::optional<Checkpoint>>> checkpoint(RunId id);
  awaitable<Result<std::vector<Run>>> list(RunFilter filter);
  awaitable<Result<std::vector<Run>>> thread_runs(std::string owner, std::string thread_id, int limit);
  awaitable<Result<ThreadPage>> threads(std::string owner, int offset, int limit);
  awaitable<Result<std::vector<Run>>> unfinished();
  awaitable<Result<Backlog>> backlog();

  [[nodiscard]] bool shared() const noexcept;
  awaitable<Result<int>> renew_lease(std::string instance, std::chrono::milliseconds ttl);
  awaitable<Result<void>> end_lease(std::string instance);
  awaitable<Result<std::optional<UnixMillis>>> lease_until(std::string instance);
  awaitable<Result<std::vector<Run>>> claim(Claim claim);
  awaitable<Result<std::vector<Run>>> held_by(std::string instance);
  awaitable<Result<std::vector<Run>>> orphans(int limit);
  awaitable<Result<std::vector<RunVersion>>> versions(std::vector<RunId> ids);

  awaitable<Result<Rating>> rate(RunId id, RatingChange change);
  awaitable<Result<std::vector<Rating>>> ratings(std::string owner, std::string thread_id);
  awaitable<Result<Deleted>> delete_thread(std::string owner, std::string thread_id);
  awaitable<Result<std::int64_t>> retire(std::chrono::milliseconds age, int limit);
  awaitable<Result<void>> reset_connections();

  /// Notes what happened to this server, and returns at once. Any thread. `kind` and `body` as in Incident. It is
  /// written soon, in a transaction of its own when the runs that waited were answered, and tried again until it is
  /// durable; when too many wait, or it breaks the rules of check_incident(), it is dropped and counted. No run fails
  /// by it.
  void note(std::string_view kind, std::string body = "{}");

  /// One that was noted just before may be missing.
  awaitable<Result<IncidentPage>> incidents(IncidentFilter filter);
  awaitable<Result<std::int64_t>> trim_incidents(std::chrono::milliseconds age, std::int64_t keep, int limit);

  awaitable<Result<void>> put_thread_checkpoint(ThreadCheckpoint checkpoint, ThreadCheckpointLimits limits);
  awaitable<Result<void>> put_thread_writes(CheckpointPlace place, std::vector<ThreadWrite> writes,
                                            ThreadCheckpointLimits limits);
  awaitable<Result<ThreadCheckpointPage>> thread_checkpoints(ThreadCheckpointFilter filter);
  awaitable<Result<std::int64_t>> delete_thread_checkpoints(std::string owner, std::string thread_id);
  awaitable<Result<std::int64_t>> retire_thread_checkpoints(std::chrono::milliseconds age, int limit);

  awaitable<Result<void>> put_body_piece(BodyPiece piece);
  awaitable<Result<std::string>> body_piece(std::string body_id, std::int64_t number);
  awaitable<Result<std::int64_t>> drop_body(std::string body_id, int limit);
  awaitable<Result<std::int64_t>> trim_bodies(std::chrono::milliseconds age, int limit);

  /// `sink` is called on the executor when another instance changed something.
  void on_change(std::function<void(Change)> sink);

  [[nodiscard]] JournalHealth health() const;

 private:
  class Thread;
  std::unique_ptr<Thread> thread_;
};

}  // namespace holdfast::journal
