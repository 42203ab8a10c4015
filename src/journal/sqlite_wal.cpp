#include "journal/sqlite_wal.hpp"

namespace holdfast::journal {

SqliteWal::SqliteWal(const Connection& connection) : connection_(connection) {
  // Replaces SQLite's own checkpoint after a commit.
  auto note = [](void* self, sqlite3*, const char*, int pages) {
    static_cast<SqliteWal*>(self)->pages_ = pages;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(connection.get(), note, this);
}

void SqliteWal::shorten_past(int pages) noexcept {
  // The log began anew after a complete copy.
  if (pages_ < tried_at_) tried_at_ = 0;
  if (pages_ - tried_at_ < pages) return;
  int in_log = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(connection_.get(), "main", SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
  const bool complete = code == SQLITE_OK && copied == in_log;
  tried_at_ = complete ? 0 : pages_;
  if (complete) pages_ = 0;
}

}  // namespace holdfast::journal
