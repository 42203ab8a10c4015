#include "gateway/query_values.hpp"

#include <fmt/format.h>

#include "gateway/header_values.hpp"

namespace holdfast::gateway {

int query_number(const Target& target, std::string_view name, NumberRange range, std::vector<FieldError>& errors) {
  const auto* text = target.find_query(name);
  if (text == nullptr) return range.fallback;
  const auto number = parse_cursor(*text);
  if (number && *number >= range.least && *number <= range.most) return static_cast<int>(*number);
  FieldError error;
  error.loc = {"query", std::string(name)};
  error.msg = fmt::format("a number from {} to {}", range.least, range.most);
  error.type = "int_parsing";
  errors.push_back(std::move(error));
  return range.fallback;
}

}  // namespace holdfast::gateway
