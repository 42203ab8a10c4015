/// The writes of one transaction: read the run, fold, write back. Runs on: the thread of the Store, may block.
#pragma once

#include "journal/sqlite_connection.hpp"
#include "journal/store.hpp"

namespace holdfast::journal {

class SqliteWrites {
 public:
  explicit SqliteWrites(const Connection& connection);

  /// Applies one write inside the open transaction. not_found and conflict refuse this write alone; any
  /// other error means that the transaction must be rolled back.
  Result<Written> apply(const Write& write, UnixMillis now);

 private:
  struct Found {
    Run run;
    std::int64_t rowid;
  };

  Result<Written> accept(const Accept& accept, UnixMillis now);
  Result<Written> append(const Append& append, UnixMillis now);
  Result<Written> deliver(const Deliver& deliver, UnixMillis now);

  Result<std::optional<Found>> find(const RunId& id);
  Result<void> insert_run(const Run& run);
  Result<void> insert_entry(const RunId& id, const Entry& entry);
  Result<void> update(const Found& found, const Append& append);
  Result<void> put_checkpoint(const RunId& id, const Checkpoint& checkpoint);

  Statement find_;
  Statement insert_run_;
  Statement insert_entry_;
  Statement update_last_seq_;
  Statement update_state_;
  Statement update_all_;
  Statement update_delivered_;
  Statement put_checkpoint_;
};

}  // namespace holdfast::journal
