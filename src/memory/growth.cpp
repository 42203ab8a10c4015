#include "memory/growth.hpp"

#include <fmt/format.h>

namespace holdfast::memory {

std::int64_t run_growth(Bytes floor_before, Bytes floor_after) noexcept {
  return static_cast<std::int64_t>(floor_after.count() - floor_before.count());
}

bool is_suspicious(std::int64_t growth) noexcept {
  return growth > static_cast<std::int64_t>(kSuspiciousGrowth.count());
}

std::string suspicious_growth_line(std::string_view route, Bytes floor_before, Bytes floor_after) {
  return fmt::format("SUSPICIOUS MEMORY GROWTH route={} growth_bytes={} floor_before_bytes={} floor_after_bytes={}",
                     route, run_growth(floor_before, floor_after), floor_before.count(), floor_after.count());
}

}  // namespace holdfast::memory
