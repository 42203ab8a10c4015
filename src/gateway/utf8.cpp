#include "gateway/utf8.hpp"

#include <algorithm>
#include <cstddef>

namespace holdfast::gateway {
namespace {

constexpr unsigned byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

// The code point that begins at `i`, which is one of `length` bytes.
constexpr char32_t code_point(std::string_view text, std::size_t i, std::size_t length) {
  if (length == 1) return byte_at(text, i);
  char32_t point = byte_at(text, i) & (0x7FU >> length);
  for (std::size_t k = 1; k < length; ++k) point = point << 6U | (byte_at(text, i + k) & 0x3FU);
  return point;
}

// Unicode's White_Space, and the characters without width.
constexpr bool is_invisible(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200D) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x2060 ||
         c == 0x3000 || c == 0xFEFF;
}

}  // namespace

bool has_control_character(std::string_view utf8) noexcept {
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const unsigned byte = byte_at(utf8, i);
    if (byte < 0x20 || byte == 0x7F) return true;
    // U+0080 to U+009F are C2 80 to C2 9F.
    if (byte == 0xC2 && i + 1 < utf8.size() && byte_at(utf8, i + 1) < 0xA0) return true;
  }
  return false;
}

bool is_blank(std::string_view utf8) noexcept {
  for (std::size_t i = 0; i < utf8.size();) {
    const auto length = utf8_sequence_length(utf8, i);
    if (length == 0 || !is_invisible(code_point(utf8, i, length))) return false;
    i += length;
  }
  return true;
}

bool is_visible_ascii(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7F; });
}

}  // namespace holdfast::gateway
