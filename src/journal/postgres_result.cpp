#include "journal/postgres_result.hpp"

#include <charconv>

#include "base/check.hpp"

namespace holdfast::journal {
namespace {

std::int64_t parse_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  HOLDFAST_CHECK(ec == std::errc() && end == text.data() + text.size(), "a column of numbers holds numbers");
  return number;
}

}  // namespace

std::int64_t PostgresResult::affected() const {
  const std::string_view count = PQcmdTuples(result_.get());
  return count.empty() ? 0 : parse_integer(count);
}

std::string_view PostgresResult::text(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

// Results come as text: two digits for each byte.
std::string PostgresResult::bytes(int row, int column) const {
  struct Free {
    void operator()(unsigned char* memory) const noexcept { PQfreemem(memory); }
  };
  std::size_t size = 0;
  const auto* escaped = reinterpret_cast<const unsigned char*>(PQgetvalue(result_.get(), row, column));
  const std::unique_ptr<unsigned char, Free> plain(PQunescapeBytea(escaped, &size));
  HOLDFAST_CHECK(plain != nullptr, "memory for a piece");
  return {reinterpret_cast<const char*>(plain.get()), size};
}

std::int64_t PostgresResult::integer(int row, int column) const { return parse_integer(text(row, column)); }

std::optional<std::int64_t> PostgresResult::optional_integer(int row, int column) const {
  if (PQgetisnull(result_.get(), row, column) != 0) return std::nullopt;
  return integer(row, column);
}

}  // namespace holdfast::journal
