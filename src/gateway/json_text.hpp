/// JSON written as text. Stored JSON is spliced in as it is, so that large results are never parsed and
/// written again, and numbers keep the digits they came with. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_members.hpp"

namespace holdfast::gateway {

/// Appends `text` as a JSON string. Bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

[[nodiscard]] std::string json_string(std::string_view text);

/// Builds one JSON object, member by member, in the order of the calls.
class ObjectText {
 public:
  ObjectText& text(std::string_view key, std::string_view value);
  ObjectText& number(std::string_view key, std::int64_t value);
  ObjectText& number(std::string_view key, std::optional<std::int64_t> value);  ///< null when absent.
  ObjectText& decimal(std::string_view key, double value);                      ///< Two digits after the point.
  ObjectText& boolean(std::string_view key, bool value);
  ObjectText& raw(std::string_view key, std::string_view json);  ///< `json` must be JSON; null when empty.

  /// Every member of `object`, the text of a JSON object.
  ObjectText& members(std::string_view object);

  /// The text; call once.
  [[nodiscard]] std::string take();

 private:
  void key(std::string_view name);

  std::string out_ = "{";
};

[[nodiscard]] std::string json_string_array(const std::vector<std::string>& items);

}  // namespace holdfast::gateway
