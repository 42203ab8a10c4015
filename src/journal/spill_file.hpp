/// The local journal of a SpillStore: one SQLite file with the tables of the journal and those of SpillRows.
///
/// Invariant: between two calls no transaction is open. Runs on: the thread of the Store, may block.
#pragma once

#include <functional>

#include "journal/request_bodies.hpp"
#include "journal/spill_rows.hpp"
#include "journal/sqlite_incidents.hpp"
#include "journal/sqlite_portable.hpp"
#include "journal/sqlite_reads.hpp"
#include "journal/sqlite_wal.hpp"
#include "journal/sqlite_writes.hpp"

namespace holdfast::journal {

class SpillFile {
 public:
  /// `clock` outlives it.
  SpillFile(Connection connection, const Clock& clock);

  /// Makes what `body` writes durable, or nothing of it.
  Result<void> transaction(const std::function<Result<void>()>& body);

  [[nodiscard]] SqliteReads& reads() noexcept { return reads_; }
  [[nodiscard]] SqliteWrites& writes() noexcept { return writes_; }
  [[nodiscard]] SpillRows& rows() noexcept { return rows_; }
  [[nodiscard]] SqliteIncidents& incidents() noexcept { return incidents_; }
  /// Makes its own transactions. Pieces are put by put_body_piece().
  [[nodiscard]] RequestBodies& bodies() noexcept { return bodies_; }

  Result<void> put_body_piece(const BodyPiece& piece);

  /// The run as it would be imported. not_found: it is not here.
  Result<Import> load(const RunId& id);

  /// The database has the run.
  Result<void> remove(const RunId& id);

  /// Somebody else went on with the run in the database.
  Result<void> set_aside(const RunId& id, UnixMillis now);

  void settle();
  Result<void> probe();

 private:
  Connection connection_;
  SqliteWal wal_;
  SqliteWrites writes_;
  SqliteReads reads_;
  SpillRows rows_;
  SqliteIncidents incidents_;
  SqlitePortable portable_;
  RequestBodies bodies_{portable_};
  Statement begin_;
  Statement commit_;
  Statement probe_;
};

/// Opens or creates the file. Errors as open_sqlite_store.
Result<std::unique_ptr<SpillFile>> open_spill_file(const std::string& path, const Clock& clock);

}  // namespace holdfast::journal
