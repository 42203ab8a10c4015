#include "journal/portable_sql.hpp"

namespace holdfast::journal {

std::int64_t integer_of(const SqlValue& value) noexcept {
  const auto* number = std::get_if<std::int64_t>(&value);
  return number == nullptr ? 0 : *number;
}

std::string text_of(SqlValue value) {
  auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? std::string() : std::move(*text);
}

std::string bytes_of(SqlValue value) {
  auto* bytes = std::get_if<SqlBytes>(&value);
  return bytes == nullptr ? std::string() : std::move(bytes->bytes);
}

}  // namespace holdfast::journal
