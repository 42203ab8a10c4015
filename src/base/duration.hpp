/// Durations as people write them. A bare number is an error: "30s", not "30". Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace holdfast {

/// Reads "250ms", "30s", "5m", "2h", "30d". invalid_argument: no unit, no number, negative, or above a year.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// The largest unit that keeps the value exact: "90s", "250ms".
[[nodiscard]] std::string to_string(std::chrono::milliseconds duration);

}  // namespace holdfast
