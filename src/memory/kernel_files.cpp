#include "memory/kernel_files.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "base/file_descriptor.hpp"
#include "memory/kernel_text.hpp"

namespace holdfast::memory {
namespace {

std::unexpected<Error> failed(std::string_view path, int error_number) {
  // ESRCH: the process ended between open and read. EOPNOTSUPP: pressure files of a kernel started with psi=0.
  const bool missing = error_number == ENOENT || error_number == ENOTDIR || error_number == ESRCH ||
                       error_number == ENODEV || error_number == EOPNOTSUPP;
  return fail_errno(missing ? ErrorCode::not_found : ErrorCode::unavailable, path, error_number);
}

}  // namespace

Result<std::string> KernelFiles::read(std::string_view path) const {
  const auto full = root_ + std::string(path);
  const FileDescriptor file(::open(full.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return failed(full, errno);
  std::string text;
  std::array<char, 4096> piece{};
  while (true) {
    const auto length = ::read(file.get(), piece.data(), piece.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return failed(full, errno);
    if (length == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(length));
    if (text.size() > kMostKernelText) {
      return fail(ErrorCode::data_loss, fmt::format("{}: longer than {} bytes", full, kMostKernelText));
    }
  }
}

Result<std::vector<int>> KernelFiles::numbered_entries(std::string_view path) const {
  const auto full = root_ + std::string(path);
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(full.c_str()), ::closedir);
  if (!directory) return failed(full, errno);
  std::vector<int> entries;
  while (true) {
    errno = 0;
    const auto* entry = ::readdir(directory.get());
    if (entry == nullptr && errno != 0) return failed(full, errno);
    if (entry == nullptr) return entries;
    if (const auto number = parse_number(entry->d_name)) entries.push_back(static_cast<int>(*number));
  }
}

bool KernelFiles::share_memory(int pid, int other) const noexcept {
  return root_.empty() && ::syscall(SYS_kcmp, pid, other, KCMP_VM, 0, 0) == 0;
}

}  // namespace holdfast::memory
