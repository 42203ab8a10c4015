/// Keeps the write-ahead log short: copies it into the main file ("checkpoint") when it has grown enough.
///
/// SQLite would do that inside a commit, where somebody waits for it: 5 to 13 ms in a trial
/// (docs/decisions/0003-sqlite-journal.md). Ownership: part of a SqliteStore; watches its connection, which must not
/// move meanwhile. Runs on: the thread of the Store, may block.
#pragma once

#include "journal/sqlite_connection.hpp"

namespace holdfast::journal {

class SqliteWal {
 public:
  explicit SqliteWal(const Connection& connection);
  SqliteWal(const SqliteWal&) = delete;
  SqliteWal& operator=(const SqliteWal&) = delete;

  /// Copies when the log has grown by `pages` since it was last tried. Failure loses nothing: the log keeps
  /// what it holds, and another try comes later. A program that reads the file for long delays it too.
  void shorten_past(int pages) noexcept;

  /// Pages in the log after the latest commit.
  [[nodiscard]] int pages() const noexcept { return pages_; }

 private:
  const Connection& connection_;
  int pages_ = 0;
  int tried_at_ = 0;
};

}  // namespace holdfast::journal
