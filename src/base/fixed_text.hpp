/// Text in room that is there already: appending never allocates, never throws. Pure.
///
/// Ownership: borrows its room. What does not fit is left out, which fits() tells.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace holdfast {

class FixedText {
 public:
  explicit FixedText(std::span<char> room) noexcept : room_(room) {}

  FixedText& append(std::string_view text) noexcept;
  FixedText& append_number(std::uint64_t number) noexcept;
  FixedText& append_hex(std::uint64_t number) noexcept;

  /// `text`, which is UTF-8, as a JSON string with its quotes.
  FixedText& append_json(std::string_view text) noexcept;

  [[nodiscard]] std::string_view text() const noexcept { return {room_.data(), size_}; }
  [[nodiscard]] bool fits() const noexcept { return fits_; }

 private:
  FixedText& append_in_base(std::uint64_t number, int base) noexcept;

  std::span<char> room_;
  std::size_t size_ = 0;
  bool fits_ = true;
};

}  // namespace holdfast
