/// A lock that one process at a time can hold, on a file of its own.
#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"

namespace holdfast::app {

/// Held until destroyed. The kernel drops it when the process dies, however it dies. The file stays: removing it would
/// let two processes hold two files of one name.
class FileLock {
 public:
  /// Locks `path`, which is made (mode 0600) when missing, and writes our pid into it. `guarded` says in messages what
  /// is locked ("the data directory /x"), `advice` what else to do ("give this one its own with --data").
  /// failed_precondition: another process holds it; unavailable: the file cannot be made or written.
  static Result<FileLock> take(const std::string& path, const std::string& guarded, const std::string& advice);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int fd) noexcept : fd_(fd) {}
  int fd_;
};

/// Locks the journal file at `path` by the file `path`.lock beside it: SQLite's own locks are for the length of a
/// transaction, and a second server must be refused before its first. However the file is named, by whatever link, the
/// lock is the same. A file that is no SQLite file gets no lock: opening it says what it is.
/// Absent then; otherwise errors as FileLock::take().
Result<std::optional<FileLock>> lock_journal(const std::string& path);

}  // namespace holdfast::app
