/// Rows as aligned columns for a terminal. Pure.
#pragma once

#include <string>
#include <vector>

namespace holdfast::app {

using TextRow = std::vector<std::string>;

/// The first row is the heading. Cells are cut at 60 code points; columns are padded by code points, which is right
/// for text without wide characters.
[[nodiscard]] std::string format_table(const std::vector<TextRow>& rows);

}  // namespace holdfast::app
