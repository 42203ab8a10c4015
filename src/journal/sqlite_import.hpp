/// Runs that come from a local journal, in SQLite. Inside a transaction. Runs on: the thread of the Store, may block.
#pragma once

#include "journal/sqlite_connection.hpp"
#include "journal/store.hpp"

namespace holdfast::journal {

class SqliteImport {
 public:
  explicit SqliteImport(const Connection& connection);

  /// `there` and `tail` as for plan_replay.
  Result<ReplayVerdict> apply(const std::optional<Run>& there, std::span<const Entry> tail, const Import& local);

 private:
  Result<void> put_run(const Run& run);
  Result<void> insert_entries(const RunId& id, std::span<const Entry> entries);

  Statement put_run_;
  Statement insert_entry_;
  Statement put_checkpoint_;
};

}  // namespace holdfast::journal
