#include "app/data_dir.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <utility>

namespace holdfast::app {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> cannot_use(const fs::path& path, const std::error_code& ec) {
  return fail(
      ErrorCode::unavailable,
      fmt::format("cannot use {} as a data directory: {}; choose another with --data", path.string(), ec.message()),
      ec);
}

// Private when it is ours to make; the mode of one that was there is its owner's business.
Result<void> make_directory(const fs::path& path) {
  std::error_code ec;
  fs::create_directories(path.parent_path(), ec);
  if (ec) return cannot_use(path, ec);
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return cannot_use(path, std::error_code(errno, std::generic_category()));
  if (!fs::is_directory(path, ec)) return cannot_use(path, std::make_error_code(std::errc::not_a_directory));
  return {};
}

// "w3-17.sock", as the pool names them.
bool is_socket_name(std::string_view name) {
  constexpr std::string_view kDigits = "0123456789";
  constexpr std::string_view kEnd = ".sock";
  if (!name.starts_with('w') || !name.ends_with(kEnd)) return false;
  name = name.substr(1, name.size() - 1 - kEnd.size());
  const auto dash = name.find('-');
  if (dash == std::string_view::npos || dash == 0 || dash + 1 == name.size()) return false;
  return name.substr(0, dash).find_first_not_of(kDigits) == std::string_view::npos &&
         name.substr(dash + 1).find_first_not_of(kDigits) == std::string_view::npos;
}

// Removes the sockets that workers left behind. Returns how much else there is.
int remove_sockets(const fs::path& path) {
  int others = 0;
  std::error_code ec;
  for (fs::directory_iterator at(path, ec), end; !ec && at != end; at.increment(ec)) {
    std::error_code ignored;
    const bool socket = is_socket_name(at->path().filename().string()) && fs::is_socket(at->symlink_status(ignored));
    if (!socket || !fs::remove(at->path(), ignored)) ++others;
  }
  return others;
}

Result<void> make_socket_directory(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return cannot_use(path.parent_path(), std::error_code(errno, std::generic_category()));
  struct stat status{};
  const bool ours = ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == ::geteuid();
  const int others = ours ? remove_sockets(path) : 1;
  if (ours && (status.st_mode & 0777U) == 0700U) return {};
  // A copy that was restored may have lost its mode. With something else in it, it is somebody's and stays as it is.
  if (others == 0 && ::chmod(path.c_str(), 0700) == 0) return {};
  return fail(ErrorCode::failed_precondition,
              fmt::format("{} is where the worker sockets go, and it is not a directory of this user with mode 0700; "
                          "move it away, or choose another data directory with --data",
                          path.string()));
}

}  // namespace

Result<DataDir> DataDir::open(const std::string& path) {
  std::error_code ec;
  auto absolute = fs::absolute(path, ec).lexically_normal();
  // "data/" names the same directory as "data", and has no file name.
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  auto made = make_directory(absolute);
  if (!made) return fail(std::move(made));
  auto lock = FileLock::take((absolute / "lock").string(), "the data directory " + absolute.string(),
                             "give this one its own with --data");
  if (!lock) return fail(std::move(lock));
  DataDir dir(absolute.string(), std::move(*lock));
  auto sockets = make_socket_directory(dir.socket_dir());
  if (!sockets) return fail(std::move(sockets));
  return dir;
}

Result<std::string> DataDir::socket_dir_of(uid_t user) const {
  struct stat ours{};
  if (::stat(path_.c_str(), &ours) != 0) return cannot_use(path_, std::error_code(errno, std::generic_category()));
  // Named by what the data directory is: the same after a restart, and no other server's.
  const auto path = fmt::format("/run/holdfast-{:x}-{:x}", ours.st_dev, ours.st_ino);
  const auto refused = [&](int error_number) {
    return fail_errno(ErrorCode::unavailable,
                      fmt::format("make {}, where workers of another user have their sockets, ready", path),
                      error_number);
  };
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return refused(errno);
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) return refused(errno);
  if (!S_ISDIR(found.st_mode)) return refused(ENOTDIR);
  // Nobody but root writes in /run.
  if (::chmod(path.c_str(), 0700) != 0 || ::lchown(path.c_str(), user, static_cast<gid_t>(-1)) != 0) {
    return refused(errno);
  }
  remove_sockets(path);
  return path;
}

}  // namespace holdfast::app
