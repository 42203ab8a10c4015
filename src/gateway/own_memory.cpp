#include "gateway/own_memory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <string_view>

namespace holdfast::gateway {

Result<OwnMemory> read_own_memory() {
  const int fd = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail_errno(ErrorCode::unavailable, "open /proc/self/statm", errno);
  std::array<char, 256> text{};
  const auto length = ::read(fd, text.data(), text.size());
  ::close(fd);
  if (length <= 0) return fail(ErrorCode::unavailable, "/proc/self/statm is empty");
  // Two numbers of pages: mapped, resident.
  const char* end = text.data() + length;
  std::uint64_t mapped = 0;
  std::uint64_t resident = 0;
  const auto first = std::from_chars(text.data(), end, mapped);
  if (first.ec != std::errc() || first.ptr == end)
    return fail(ErrorCode::unavailable, "/proc/self/statm is unreadable");
  const auto second = std::from_chars(first.ptr + 1, end, resident);
  if (second.ec != std::errc()) return fail(ErrorCode::unavailable, "/proc/self/statm is unreadable");
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return OwnMemory{Bytes(resident * page), Bytes(mapped * page)};
}

}  // namespace holdfast::gateway
