/// What may stand in a name or a header, beyond what the base module knows of text. Pure.
#pragma once

#include <string_view>

namespace holdfast::gateway {

/// Well-formed UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// True for U+0000 to U+001F and U+007F to U+009F anywhere in valid UTF-8.
[[nodiscard]] bool has_control_character(std::string_view utf8) noexcept;

/// True when there is nothing to see in valid UTF-8: empty, or only white space and zero-width characters.
[[nodiscard]] bool is_blank(std::string_view utf8) noexcept;

/// True when every byte is a visible ASCII character: no space, no control.
[[nodiscard]] bool is_visible_ascii(std::string_view text) noexcept;

}  // namespace holdfast::gateway
