/// The data directory: made when missing, held by one server at a time.
#pragma once

#include <memory>
#include <string>

#include "base/error.hpp"

namespace holdfast::app {

/// Holds the directory's lock until destroyed. The kernel drops the lock when the process dies, however it dies.
class DataDir {
 public:
  /// Makes `path` (mode 0700) if needed and locks it.
  /// unavailable: it cannot be made or written (the message says why); failed_precondition: another server holds it.
  static Result<DataDir> open(const std::string& path);

  DataDir(DataDir&& other) noexcept;
  DataDir& operator=(DataDir&&) = delete;
  ~DataDir();

  /// Absolute.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string journal_path() const { return path_ + "/journal.sqlite"; }
  /// Exists, mode 0700, and holds no socket of an earlier server.
  [[nodiscard]] std::string socket_dir() const { return path_ + "/workers"; }

 private:
  DataDir(std::string path, int lock_fd) : path_(std::move(path)), lock_fd_(lock_fd) {}
  std::string path_;
  int lock_fd_;
};

}  // namespace holdfast::app
