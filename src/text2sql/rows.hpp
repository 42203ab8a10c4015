/// The rows a query gave, bounded. Pure.
#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace holdfast::text2sql {

/// Null, number, text per cell. Blobs are shown as text.
struct Rows {
  std::vector<std::string> columns;
  std::vector<std::vector<json::value>> rows;
  bool truncated = false;  ///< There were more rows than the cap, or more bytes.

  [[nodiscard]] std::size_t size() const noexcept { return rows.size(); }

  /// `{columns, rows, row_count, truncated}`.
  [[nodiscard]] json::object to_json() const;
  /// Empty when the shape is not that of to_json().
  static std::optional<Rows> from_json(const json::value& value);

  /// A table in text, at most `limit` bytes; says so when it is cut.
  [[nodiscard]] std::string to_text(std::size_t limit) const;

  friend bool operator==(const Rows&, const Rows&) = default;
};

/// A cell as people read it: 1,842,879,955; 80.24; the text; "no value".
[[nodiscard]] std::string cell_text(const json::value& cell);

}  // namespace holdfast::text2sql
