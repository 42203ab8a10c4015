/// The few forms in which the kernel writes numbers. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"

namespace holdfast::memory {

/// A whole text that is one decimal number, white space around it allowed. None for anything else.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text) noexcept;

/// What follows `key` on the line that begins with it, trimmed. None when no line does.
[[nodiscard]] std::optional<std::string_view> value_of(std::string_view text, std::string_view key) noexcept;

/// The number after `key`: "anon 4096". data_loss: no such line, or no number on it.
[[nodiscard]] Result<std::uint64_t> number_of(std::string_view text, std::string_view key);

/// The size after `key`: "VmSize:	  14212 kB". data_loss: no such line, or another form.
[[nodiscard]] Result<Bytes> kilobytes_of(std::string_view text, std::string_view key);

/// Calls `each` with every line, without its end.
template <class Each>
void for_each_line(std::string_view text, Each each) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    each(text.substr(0, end));
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

}  // namespace holdfast::memory
