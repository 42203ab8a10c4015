#include "app/data_dir.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

namespace holdfast::app {
namespace {

namespace fs = std::filesystem;

Result<void> make_directory(const fs::path& path) {
  std::error_code ec;
  fs::create_directories(path, ec);
  if (!ec) fs::permissions(path, fs::perms::owner_all, ec);
  if (ec) {
    return fail(
        ErrorCode::unavailable,
        fmt::format("cannot use {} as a data directory: {}; choose another with --data", path.string(), ec.message()),
        ec);
  }
  return {};
}

std::string read_holder(int fd) {
  char text[32] = {};
  const auto length = ::pread(fd, text, sizeof text - 1, 0);
  return length > 0 ? std::string(text, static_cast<std::size_t>(length)) : "unknown";
}

}  // namespace

Result<DataDir> DataDir::open(const std::string& path) {
  std::error_code ec;
  const auto absolute = fs::absolute(path, ec).lexically_normal();
  auto made = make_directory(absolute);
  if (!made) return fail(std::move(made));

  const auto lock_path = (absolute / "lock").string();
  const int fd = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return fail_errno(
        ErrorCode::unavailable,
        fmt::format("cannot write to the data directory {} (choose another with --data)", absolute.string()), errno);
  }
  DataDir dir(absolute.string(), fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorCode::failed_precondition,
                fmt::format("another Holdfast (pid {}) uses the data directory {}; stop it, or give this one its own "
                            "with --data",
                            read_holder(fd), dir.path()));
  }
  const auto pid = std::to_string(::getpid());
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    // The lock holds all the same; only the other server's message will lack the pid. A full disk is told later.
  }
  fs::remove_all(dir.socket_dir(), ec);
  auto sockets = make_directory(dir.socket_dir());
  if (!sockets) return fail(std::move(sockets));
  return dir;
}

DataDir::DataDir(DataDir&& other) noexcept
    : path_(std::move(other.path_)), lock_fd_(std::exchange(other.lock_fd_, -1)) {}

DataDir::~DataDir() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

}  // namespace holdfast::app
