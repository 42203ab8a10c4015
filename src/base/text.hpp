/// Small text functions that the standard library lacks. Pure.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace holdfast {

/// Without the ASCII white space at both ends.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

[[nodiscard]] std::string to_lower_ascii(std::string_view text);

/// Well-formed UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// Bytes of the well-formed UTF-8 sequence that begins at `i`, which is in `text`; 0 when there is none.
[[nodiscard]] std::size_t utf8_sequence_length(std::string_view text, std::size_t i) noexcept;

/// Code points in valid UTF-8.
[[nodiscard]] std::size_t count_code_points(std::string_view utf8) noexcept;

/// At most `limit` bytes, cut at a code point boundary.
[[nodiscard]] std::string_view truncate_utf8(std::string_view utf8, std::size_t limit) noexcept;

/// `text` as well-formed UTF-8: each byte that is no part of such is written as "\xNN".
[[nodiscard]] std::string escape_invalid_utf8(std::string_view text);

/// Everything but unreserved characters (RFC 3986) escaped: for a path segment, a query value, a header.
[[nodiscard]] std::string percent_encode(std::string_view text);

/// The candidate nearest to `word` by edit distance, or empty when none is near (over a third of its
/// length away). For "did you mean".
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace holdfast
