/// JSON at the edges of the program: bounded parsing with errors as values, and typed look-ups. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace holdfast {

namespace json = boost::json;

/// invalid_argument: not JSON, not UTF-8, nested deeper than 32, or followed by something else.
[[nodiscard]] Result<json::value> parse_json(std::string_view text);

/// The same, and it must be an object.
[[nodiscard]] Result<json::object> parse_json_object(std::string_view text);

/// The string under `key`; empty when absent or of another type. The view lives as long as the object.
[[nodiscard]] std::optional<std::string_view> find_string(const json::object& object, std::string_view key);
[[nodiscard]] std::optional<std::int64_t> find_int(const json::object& object, std::string_view key);
[[nodiscard]] std::optional<bool> find_bool(const json::object& object, std::string_view key);
[[nodiscard]] const json::object* find_object(const json::object& object, std::string_view key);

/// The value as JSON text. Unlike Boost's, 80.24 is "80.24" and not "8.024E1": the shortest decimal that reads back as
/// the same number. What JSON has no number for is null.
[[nodiscard]] std::string json_text(const json::value& value);

/// Stored JSON text as a value; null when the text is empty or, against expectation, unreadable.
[[nodiscard]] json::value stored_json(std::string_view text);

}  // namespace holdfast
