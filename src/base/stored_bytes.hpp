/// Bytes of any kind as JSON, and back: readable where they are text. Pure.
///
///   {"text":"…"}     well-formed UTF-8
///   {"base64":"…"}   anything else
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"

namespace holdfast {

[[nodiscard]] std::string stored_bytes(std::string_view bytes);

/// What stored_bytes() was given; absent when `stored` is not its work. Other members of the object do not matter.
[[nodiscard]] std::optional<std::string> restored_bytes(const json::object& stored);
[[nodiscard]] std::optional<std::string> restored_bytes(std::string_view stored);

}  // namespace holdfast
