/// JSON objects as text: their members without parsing what the members hold, so that numbers keep their digits. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// One member of an object in the text it came in.
struct Member {
  std::string key;         ///< Decoded.
  std::string_view value;  ///< JSON, a view into the object's text.
  std::string_view whole;  ///< Key, colon and value as they stand.
};

/// The members of `object`, which must be the text of a valid JSON object.
[[nodiscard]] std::vector<Member> split_members(std::string_view object);

/// The items of `array`, which must be the text of a valid JSON array, as they stand.
[[nodiscard]] std::vector<std::string_view> split_items(std::string_view array);

/// The value of `key` (the last one when repeated), or empty.
[[nodiscard]] std::string_view find_member(const std::vector<Member>& members, std::string_view key);

/// The string a JSON string stands for; absent when `json` is another type.
[[nodiscard]] std::optional<std::string> decode_json_string(std::string_view json);

}  // namespace holdfast
