/// How close the whole process tree is to its memory limit, as far as the answers need to know. Pure.
///
/// Units: sizes in Bytes, shares of the limit in [0, 1].
/// Invariants:
///   - Pressure rises the moment its share is met, and falls only once the use is kLeaveBelow under that share.
///   - A reading that failed is not a reading of zero: the pressure stays what it was.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.hpp"

namespace holdfast::memory {

enum class Pressure : unsigned char {
  calm,
  high,       ///< Answers are logged with the way back to them: the process may be killed before they are read.
  emergency,  ///< What the supervisor itself can give back is given back.
};

[[nodiscard]] std::string_view to_string(Pressure pressure) noexcept;

inline constexpr double kHighShare = 450.0 / 512.0;
inline constexpr double kEmergencyShare = 480.0 / 512.0;
/// Five points: a use that swings around a share by the size of one request must not be news each time.
inline constexpr double kLeaveBelow = 0.05;

/// What was last known. Read by the gateway when it answers.
struct PressureGauge {
  Pressure pressure = Pressure::calm;
  Bytes used;
  Bytes limit;
};

/// Takes the latest reading, or none when it failed, into the gauge. True when the pressure is another one now.
/// `gauge.limit` is not zero.
bool update(PressureGauge& gauge, const std::optional<Bytes>& used) noexcept;

}  // namespace holdfast::memory
