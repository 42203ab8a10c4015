#include "journal/cursor.hpp"

#include <charconv>

#include "journal/store.hpp"

namespace holdfast::journal {

std::string Store::cursor_after(const Run& last) { return std::to_string(last.created_at) + "." + last.id.text(); }

Result<Cursor> parse_cursor(std::string_view text) {
  const auto dot = text.find('.');
  if (dot != std::string_view::npos) {
    UnixMillis created_at = 0;
    const std::string digits(text.substr(0, dot));
    const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), created_at);
    auto id = RunId::parse(text.substr(dot + 1));
    if (ec == std::errc() && end == digits.data() + digits.size() && id) return Cursor{created_at, std::move(*id)};
  }
  return fail(ErrorCode::invalid_argument, "the cursor is not one that this server gave out");
}

}  // namespace holdfast::journal
