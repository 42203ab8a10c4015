#include "base/json.hpp"

#include <boost/json/parse.hpp>

namespace holdfast {

Result<json::value> parse_json(std::string_view text) {
  json::parse_options options;
  options.max_depth = 32;
  json::error_code ec;
  auto value = json::parse(text, ec, {}, options);
  if (ec) return fail(ErrorCode::invalid_argument, "not valid JSON: " + ec.message());
  return value;
}

Result<json::object> parse_json_object(std::string_view text) {
  auto value = parse_json(text);
  if (!value) return fail(std::move(value));
  if (!value->is_object()) return fail(ErrorCode::invalid_argument, "the JSON must be an object");
  return std::move(value->get_object());
}

std::optional<std::string_view> find_string(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string_view(value->get_string());
}

std::optional<std::int64_t> find_int(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr) return std::nullopt;
  json::error_code ec;
  const auto number = value->to_number<std::int64_t>(ec);
  if (ec) return std::nullopt;
  return number;
}

std::optional<bool> find_bool(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_bool()) return std::nullopt;
  return value->get_bool();
}

const json::object* find_object(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_object();
}

json::value stored_json(std::string_view text) {
  if (text.empty()) return nullptr;
  auto value = parse_json(text);
  return value ? std::move(*value) : json::value(nullptr);
}

}  // namespace holdfast
