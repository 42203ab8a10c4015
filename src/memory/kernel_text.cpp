#include "memory/kernel_text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "base/text.hpp"

namespace holdfast::memory {

std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
  text = trim(text);
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::string_view> value_of(std::string_view text, std::string_view key) noexcept {
  // Only at the beginning of a line: a process may be named like a key.
  for (auto at = text.find(key); at != std::string_view::npos; at = text.find(key, at + 1)) {
    if (at != 0 && text[at - 1] != '\n') continue;
    const auto rest = text.substr(at + key.size());
    return trim(rest.substr(0, rest.find('\n')));
  }
  return std::nullopt;
}

Result<std::uint64_t> number_of(std::string_view text, std::string_view key) {
  const auto value = value_of(text, key);
  if (!value) return fail(ErrorCode::data_loss, fmt::format("no line {:?}", key));
  const auto number = parse_number(*value);
  if (!number) return fail(ErrorCode::data_loss, fmt::format("no number in line {:?}", key));
  return *number;
}

Result<Bytes> kilobytes_of(std::string_view text, std::string_view key) {
  auto value = value_of(text, key);
  if (!value) return fail(ErrorCode::data_loss, fmt::format("no line {:?}", key));
  if (!value->ends_with(" kB")) return fail(ErrorCode::data_loss, fmt::format("no kB in line {:?}", key));
  value->remove_suffix(3);
  const auto number = parse_number(*value);
  if (!number || *number > std::numeric_limits<std::uint64_t>::max() / 1024) {
    return fail(ErrorCode::data_loss, fmt::format("no size in line {:?}", key));
  }
  return Bytes(*number * 1024);
}

}  // namespace holdfast::memory
