#include "base/duration.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "base/text.hpp"

namespace holdfast {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array kUnits{Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000},
                            Unit{"ms", 1}};
constexpr double kYear = 366.0 * 24 * 3'600'000;

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  const auto trimmed = trim(text);
  double number = 0;
  const auto [end, ec] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), number);
  const auto unit_name = trim(trimmed.substr(static_cast<std::size_t>(end - trimmed.data())));
  if (ec != std::errc() || !std::isfinite(number) || number < 0) {
    return fail(ErrorCode::invalid_argument, "\"" + std::string(text) + "\" is not a duration; write it like 30s");
  }
  for (const auto& unit : kUnits) {
    if (unit.name != unit_name) continue;
    const double milliseconds = number * static_cast<double>(unit.milliseconds);
    if (milliseconds > kYear) return fail(ErrorCode::invalid_argument, "\"" + std::string(text) + "\" is too long");
    return std::chrono::milliseconds(static_cast<std::int64_t>(milliseconds));
  }
  return fail(ErrorCode::invalid_argument,
              "\"" + std::string(text) + "\" needs a unit (ms, s, m, h or d), for example 30s");
}

std::string to_string(std::chrono::milliseconds duration) {
  for (const auto& unit : kUnits) {
    if (duration.count() % unit.milliseconds == 0 && (duration.count() != 0 || unit.name == "s")) {
      return std::to_string(duration.count() / unit.milliseconds) + std::string(unit.name);
    }
  }
  std::unreachable();
}

}  // namespace holdfast
