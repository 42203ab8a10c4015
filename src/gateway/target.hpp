/// The request target, taken apart strictly. Pure.
///
/// A path is split at `/` before its segments are decoded, so an encoded slash can never move a border: it is a
/// character of its segment, as in the thread id "a/b". NUL, other control characters, a bare backslash, dot segments
/// and empty segments in the middle are refused, because some proxy on the way would read them differently.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace holdfast::gateway {

struct QueryItem {
  std::string name;
  std::string value;
};

struct Target {
  std::string authority;              ///< Of an absolute-form target, else empty.
  std::string path;                   ///< As sent, without the query.
  std::vector<std::string> segments;  ///< Decoded; `/` has none.
  std::vector<QueryItem> query;       ///< Decoded, in order.

  /// The first query item of that name, or null.
  [[nodiscard]] const std::string* find_query(std::string_view name) const noexcept;
};

/// Reads "/path?query" and "http://host:port/path?query".
/// invalid_argument: another form, or anything the rules above refuse.
[[nodiscard]] Result<Target> parse_target(std::string_view text);

/// Percent-decoding. invalid_argument: a broken escape, or bytes that are not UTF-8 without controls.
[[nodiscard]] Result<std::string> percent_decode(std::string_view text);

}  // namespace holdfast::gateway
