/// Which runs are in the local journal, where each came from, and which were set aside. Runs on: the thread of the
/// Store, may block. Functions that write are called inside a transaction.
///
/// Invariant: a run has a row in `spilled` if and only if it has one in `runs`.
#pragma once

#include "journal/sqlite_connection.hpp"
#include "journal/store.hpp"

namespace holdfast::journal {

/// Where a local run came from.
struct SpilledRun {
  bool accepted_here = true;
  bool in_doubt = false;  ///< The database may have more of the run than the base, and others may go on from there.
  std::int64_t base_seq = 0;
  /// Of a run that was accepted here: running, when its start was left although the database may hold it.
  RunStatus base_status = RunStatus::queued;
  int base_attempt = 0;
  std::string base_owner;  ///< The instance whose lease covered it.
};

/// A local run in the order of arrival. Numbers are never used again.
struct SpilledId {
  std::int64_t number = 0;
  RunId id;
};

struct SpillTotals {
  std::int64_t depth = 0;
  std::int64_t fenced = 0;
  std::optional<UnixMillis> oldest_at;
};

/// Makes the tables beside those of the journal. failed_precondition: made by a newer Holdfast.
Result<void> make_spill_tables(Connection& connection);

class SpillRows {
 public:
  explicit SpillRows(const Connection& connection);

  Result<std::optional<SpilledRun>> find(const RunId& id);

  Result<void> add(const RunId& id, const SpilledRun& spilled, UnixMillis now);

  /// Makes `base` the state of the run from which local writes go on.
  Result<void> adopt(const Run& base, const SpilledRun& spilled, UnixMillis now);

  /// Notes that the next `count` runs after `number`, or all of them, are in doubt.
  Result<void> doubt_next(std::int64_t number, int count);
  Result<void> doubt_all();

  /// The first run after `number`.
  Result<std::optional<SpilledId>> next(std::int64_t number);

  Result<void> remove(const RunId& id);

  /// Copies the run and its local entries to where nothing reads them but people. remove() it then.
  Result<void> set_aside(const RunId& id, UnixMillis now);

  Result<bool> is_set_aside(const RunId& id);
  Result<bool> has_thread(const std::string& owner, const std::string& thread_id);
  Result<std::optional<UnixMillis>> oldest_at();
  Result<SpillTotals> totals();

  /// How many other instances held a lease when this one last renewed its own.
  Result<int> others();
  Result<void> set_others(int others);

 private:
  Result<std::optional<std::int64_t>> integer(Statement& statement);

  Statement find_;
  Statement add_;
  Statement doubt_;
  Statement put_run_;
  Statement next_;
  Statement delete_spilled_;
  Statement delete_run_;
  Statement delete_entries_;
  Statement delete_checkpoint_;
  Statement keep_run_;
  Statement keep_entries_;
  Statement is_set_aside_;
  Statement has_thread_;
  Statement oldest_at_;
  Statement depth_;
  Statement fenced_;
  Statement others_;
  Statement set_others_;
};

}  // namespace holdfast::journal
