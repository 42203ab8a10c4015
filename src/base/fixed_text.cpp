#include "base/fixed_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace holdfast {

FixedText& FixedText::append(std::string_view text) noexcept {
  const auto left = room_.size() - size_;
  if (text.size() > left) fits_ = false;
  const auto taken = text.substr(0, left);
  std::ranges::copy(taken, room_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += taken.size();
  return *this;
}

FixedText& FixedText::append_number(std::uint64_t number) noexcept { return append_in_base(number, 10); }
FixedText& FixedText::append_hex(std::uint64_t number) noexcept { return append_in_base(number, 16); }

FixedText& FixedText::append_in_base(std::uint64_t number, int base) noexcept {
  std::array<char, 20> digits{};
  const auto [end, ec] = std::to_chars(digits.begin(), digits.end(), number, base);
  return append(std::string_view(digits.begin(), end));
}

FixedText& FixedText::append_json(std::string_view text) noexcept {
  constexpr std::string_view kHex = "0123456789abcdef";
  append("\"");
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      append("\\").append({&c, 1});
    } else if (byte < 0x20) {
      append("\\u00").append(kHex.substr(byte >> 4U, 1)).append(kHex.substr(byte & 0xFU, 1));
    } else {
      append({&c, 1});
    }
  }
  return append("\"");
}

}  // namespace holdfast
