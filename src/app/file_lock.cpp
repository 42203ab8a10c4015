#include "app/file_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

namespace holdfast::app {
namespace {

std::string read_holder(int fd) {
  char text[32] = {};
  const auto length = ::pread(fd, text, sizeof text - 1, 0);
  return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : "unknown";
}

// False for a file that SQLite would not take, and for one that cannot be read.
bool may_be_a_journal(const std::string& path) {
  constexpr std::string_view kMagic = "SQLite format 3";
  std::error_code ec;
  if (!std::filesystem::exists(path, ec)) return !ec;
  if (!std::filesystem::is_regular_file(path, ec)) return false;
  char start[kMagic.size()] = {};
  std::ifstream file(path, std::ios::binary);
  file.read(start, sizeof start);
  return file.gcount() == 0 ? !file.bad() && std::filesystem::file_size(path, ec) == 0
                            : std::string_view(start, static_cast<std::size_t>(file.gcount())) == kMagic;
}

}  // namespace

Result<FileLock> FileLock::take(const std::string& path, const std::string& guarded, const std::string& advice) {
  // Not through a link: in a directory that others may write to, it would be theirs to say which file we write.
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) {
    return fail_errno(ErrorCode::unavailable, fmt::format("cannot write to {} ({})", path, advice), errno);
  }
  FileLock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorCode::failed_precondition,
                fmt::format("another Holdfast (pid {}) uses {}; stop it, or {}", read_holder(fd), guarded, advice));
  }
  const auto pid = std::to_string(::getpid());
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    // The lock holds all the same; only the other server's message will lack the pid. A full disk is told later.
  }
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::optional<FileLock>> lock_journal(const std::string& path) {
  if (!may_be_a_journal(path)) return std::nullopt;
  std::error_code ec;
  const auto real = std::filesystem::weakly_canonical(std::filesystem::absolute(path), ec);
  const auto name = ec ? path : real.string();
  auto lock = FileLock::take(name + ".lock", "the journal " + name, "name another file with --database");
  if (!lock) return fail(std::move(lock));
  return std::optional<FileLock>(std::move(*lock));
}

}  // namespace holdfast::app
