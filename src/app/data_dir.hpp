/// The data directory: made when missing, held by one server at a time.
#pragma once

#include <sys/types.h>

#include <string>

#include "app/file_lock.hpp"
#include "base/error.hpp"

namespace holdfast::app {

/// Holds the directory's lock until destroyed. What was there before stays as it is: a mounted volume may belong to
/// another user and be open to others; the files in it are for us alone all the same.
class DataDir {
 public:
  /// Makes `path` (mode 0700) if it is missing, locks it, and makes the socket directory ready.
  /// unavailable: it cannot be made or written; failed_precondition: another server holds it, or the place of the
  /// socket directory is taken by something that is not ours to change. The message says what to do.
  static Result<DataDir> open(const std::string& path);

  /// Absolute.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string journal_path() const { return path_ + "/journal.sqlite"; }
  [[nodiscard]] std::string peaks_path() const { return path_ + "/peaks.json"; }
  /// Exists, is ours, mode 0700, and holds no socket of an earlier server.
  [[nodiscard]] std::string socket_dir() const { return path_ + "/workers"; }
  /// The same for workers of another user, who may not come through our directory: one of theirs under /run. Only for
  /// root. unavailable, failed_precondition: as open().
  [[nodiscard]] Result<std::string> socket_dir_of(uid_t user) const;

 private:
  DataDir(std::string path, FileLock lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  FileLock lock_;
};

}  // namespace holdfast::app
