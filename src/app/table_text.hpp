/// Rows as aligned columns for a terminal. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::app {

using TextRow = std::vector<std::string>;

/// `text` as one cell: control characters, which would reach the terminal as commands, are spaces, and what is longer
/// than 60 code points is cut.
[[nodiscard]] std::string printable(std::string_view text);

/// The first row is the heading. Cells are cut at 60 code points; columns are padded by code points, which is right
/// for text without wide characters.
[[nodiscard]] std::string format_table(const std::vector<TextRow>& rows);

}  // namespace holdfast::app
