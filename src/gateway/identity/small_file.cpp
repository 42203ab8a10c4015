#include "gateway/identity/small_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "base/file_descriptor.hpp"

namespace holdfast::gateway {
namespace {

constexpr std::int64_t kLargest = std::int64_t{2} << 20U;

FileStamp stamp_of(const struct stat& status) {
  return {status.st_ino, status.st_size, std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec};
}

std::unexpected<Error> cannot_open(const std::string& path) {
  const int number = errno;
  return fail_errno(number == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable, path, number);
}

Result<void> check_file(const std::string& path, const struct stat& status, Privacy privacy) {
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::failed_precondition, path + " is not a file");
  if (status.st_size > kLargest) return fail(ErrorCode::failed_precondition, path + " is larger than 2 MB");
  constexpr mode_t kTooWide = S_IRWXO | S_IWGRP;
  if (privacy == Privacy::secret && (status.st_mode & kTooWide) != 0) {
    return fail(ErrorCode::failed_precondition,
                path + " can be read by others, or written by its group; use chmod 600");
  }
  return {};
}

}  // namespace

Result<FileStamp> file_stamp(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return cannot_open(path);
  return stamp_of(status);
}

Result<SmallFile> read_small_file(const std::string& path, Privacy privacy) {
  // Without O_NONBLOCK a pipe of that name would hold us.
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return cannot_open(path);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return cannot_open(path);
  if (auto checked = check_file(path, status, privacy); !checked) return fail(std::move(checked));
  SmallFile read{{}, stamp_of(status)};
  std::array<char, 16384> piece;
  while (static_cast<std::int64_t>(read.text.size()) <= kLargest) {
    const auto count = ::read(file.get(), piece.data(), piece.size());
    if (count == 0) return read;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno(ErrorCode::unavailable, "read " + path, errno);
    read.text.append(piece.data(), static_cast<std::size_t>(count));
  }
  return fail(ErrorCode::failed_precondition, path + " is larger than 2 MB");
}

Result<void> append_to_secret_file(const std::string& path, const std::string& text) {
  std::error_code ec;
  const auto directory = std::filesystem::path(path).parent_path();
  if (!directory.empty() && std::filesystem::create_directories(directory, ec)) {
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, ec);
  }
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  if (file.get() < 0) return fail_errno(ErrorCode::unavailable, "write " + path, errno);
  const auto written = ::write(file.get(), text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size()) || ::fsync(file.get()) != 0) {
    return fail_errno(ErrorCode::unavailable, "write " + path, errno);
  }
  return {};
}

}  // namespace holdfast::gateway
