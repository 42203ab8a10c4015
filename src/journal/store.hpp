/// The durable truth about runs. One interface, held by the same contract tests
/// (tests/contract/journal) for every implementation.
///
/// A Store blocks and is used by one thread at a time. Runs on: journal thread, may block.
/// Errors of every function: unavailable (disk full, database away: nothing was changed, try again),
/// data_loss (the file fails verification).
#pragma once

#include <memory>
#include <span>
#include <variant>

#include "journal/record.hpp"

namespace holdfast::journal {

/// A new run. Time stamps are the store's.
struct Accept {
  Run run;  ///< id, owner, thread_id, prompt, route, request, traceparent; the rest is set by the store.
  std::string body = "{}";  ///< Of the `accepted` entry.
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

class Store {
 public:
  virtual ~Store() = default;

  /// Makes all writes durable in one transaction and returns one result for each, in order. A write sees
  /// the ones before it. A refused write does not stop the others:
  ///   not_found: no such run (Append, Deliver);
  ///   conflict: the run is not in `from` with `attempt` (Append), or not terminal (Deliver).
  /// When the transaction itself fails, every result is that error and nothing was changed.
  virtual std::vector<Result<Written>> commit(std::span<const Write> writes) = 0;

  /// Housekeeping that nobody should wait for. Call it when the results of a commit were handed out.
  virtual void settle() {}

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
  virtual Result<std::vector<ThreadSummary>> threads(const std::string& owner, int limit) = 0;

  /// Every run that is queued or running, oldest first: what recovery starts from.
  virtual Result<std::vector<Run>> unfinished() = 0;
};

/// Opens or creates the journal file: WAL, synchronous=FULL, migrations applied in order.
/// unavailable: cannot be opened or written (the message names the path); failed_precondition: written by a newer
/// Holdfast; data_loss: not a journal, or damaged.
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const Clock& clock);

}  // namespace holdfast::journal
