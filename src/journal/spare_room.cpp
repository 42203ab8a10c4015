#include "journal/spare_room.hpp"

#include <fmt/format.h>
#include <sys/statvfs.h>

namespace holdfast::journal {

Result<void> check_spare_room(const std::string& file, std::uint64_t bytes) {
  struct statvfs volume{};
  // Whoever cannot be asked is not in the way: the write itself fails when there is no room.
  if (::statvfs(file.c_str(), &volume) != 0) return {};
  const auto free = std::uint64_t{volume.f_bavail} * volume.f_frsize;
  if (free >= kSpareRoom + bytes) return {};
  return fail(
      ErrorCode::unavailable,
      fmt::format("{}: disk full but for {} bytes, which are left for runs and answers: free space on the volume "
                  "of this file",
                  file, free));
}

}  // namespace holdfast::journal
