/// Sizes. A size is never a bare number: it is `Bytes`, written with a unit ("512MB"). Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace holdfast {

class Bytes {
 public:
  constexpr Bytes() = default;
  constexpr explicit Bytes(std::uint64_t count) : count_(count) {}
  [[nodiscard]] constexpr std::uint64_t count() const noexcept { return count_; }
  friend constexpr auto operator<=>(Bytes, Bytes) = default;

 private:
  std::uint64_t count_ = 0;
};

/// Reads "512MB", "64KiB", "1.5GB", "100B". KB, MB and GB are powers of 1024 here, as everywhere in
/// the program. invalid_argument: no unit, no number, negative, or above 2^63.
[[nodiscard]] Result<Bytes> parse_bytes(std::string_view text);

/// The largest unit that keeps the value exact: "512MB", "1536KB", "7B".
[[nodiscard]] std::string to_string(Bytes size);

}  // namespace holdfast
