/// What the data file holds, for people who look before they ask: JSON objects as lines of text.
///
/// Runs on: the worker's thread; asks the database, within the time of the StopCheck.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text2sql/catalogue.hpp"
#include "text2sql/database.hpp"
#include "text2sql/stop.hpp"

namespace holdfast::text2sql {

/// {"data_file": path}, which is made absolute.
[[nodiscard]] std::string data_file_line(const std::string& path);

/// {"example": question}. Pure.
[[nodiscard]] std::string example_line(std::string_view question);

/// One line a table: {"table", "title", "description", "content": {"columns", "rows", "row_count", "truncated"}}.
/// The rows are the first ones, bounded for each table and altogether; what could not be read in time has none.
[[nodiscard]] std::vector<std::string> table_lines(const Catalogue& catalogue, Database& database, StopCheck& stop);

}  // namespace holdfast::text2sql
