/// Sums and differences of sizes that stop at zero and at the largest size, so that no decision is made on a number
/// that wrapped around. Pure.
#pragma once

#include <limits>

#include "base/bytes.hpp"

namespace holdfast::governor {

inline constexpr Bytes kMegabyte{1024 * 1024};
inline constexpr Bytes kAllBytes{std::numeric_limits<std::uint64_t>::max()};

[[nodiscard]] constexpr Bytes plus(Bytes a, Bytes b) noexcept {
  return a.count() > kAllBytes.count() - b.count() ? kAllBytes : Bytes(a.count() + b.count());
}

/// a - b, and zero when b is larger.
[[nodiscard]] constexpr Bytes minus(Bytes a, Bytes b) noexcept {
  return a > b ? Bytes(a.count() - b.count()) : Bytes();
}

/// `factor` times `size`, rounded down. `factor` is not negative; it may be over 1.
[[nodiscard]] constexpr Bytes times(Bytes size, double factor) noexcept {
  const double scaled = static_cast<double>(size.count()) * factor;
  // 2^63: the largest size that settings can name; above it a double no longer fits the integer for certain.
  return scaled >= 9.2e18 ? kAllBytes : Bytes(static_cast<std::uint64_t>(scaled));
}

}  // namespace holdfast::governor
