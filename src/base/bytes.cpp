#include "base/bytes.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "base/text.hpp"

namespace holdfast {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t size;
};
constexpr std::array kUnits{
    Unit{"GB", 1ULL << 30},  Unit{"MB", 1ULL << 20},  Unit{"KB", 1ULL << 10},  Unit{"B", 1},
    Unit{"GiB", 1ULL << 30}, Unit{"MiB", 1ULL << 20}, Unit{"KiB", 1ULL << 10},
};

}  // namespace

Result<Bytes> parse_bytes(std::string_view text) {
  const auto trimmed = trim(text);
  double number = 0;
  const auto [end, ec] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), number);
  const auto unit_name = trim(trimmed.substr(static_cast<std::size_t>(end - trimmed.data())));
  if (ec != std::errc() || !std::isfinite(number) || number < 0) {
    return fail(ErrorCode::invalid_argument, "\"" + std::string(text) + "\" is not a size; write it like 512MB");
  }
  for (const auto& unit : kUnits) {
    if (unit.name != unit_name) continue;
    const double bytes = number * static_cast<double>(unit.size);
    if (bytes >= 0x1p63) return fail(ErrorCode::invalid_argument, "\"" + std::string(text) + "\" is too large");
    return Bytes(static_cast<std::uint64_t>(bytes));
  }
  return fail(ErrorCode::invalid_argument,
              "\"" + std::string(text) + "\" needs a unit (B, KB, MB or GB), for example 512MB");
}

std::string to_string(Bytes size) {
  for (const auto& unit : kUnits) {
    if (size.count() % unit.size == 0 && (size.count() > 0 || unit.size == 1)) {
      return std::to_string(size.count() / unit.size) + std::string(unit.name);
    }
  }
  std::unreachable();
}

}  // namespace holdfast
