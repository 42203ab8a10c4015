#include "text2sql/catalogue.hpp"

#include <algorithm>

namespace holdfast::text2sql {

std::optional<std::size_t> Table::find_column(std::string_view column_name) const {
  const auto found = std::ranges::find(columns, column_name, &Column::name);
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

std::optional<std::size_t> Table::date() const {
  const auto found = std::ranges::find_if(columns, [](const Column& c) {
    return c.type == ColumnType::text && (c.label == "date" || c.label.ends_with(" date"));
  });
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

bool Table::is_measure(std::size_t column) const {
  return columns[column].type != ColumnType::text && !columns[column].is_key && year != column && month != column;
}

std::string figure_phrase(const Column& column) {
  // A column named after its unit counts things.
  const bool counts = !column.unit.empty() && column.label.ends_with(column.unit);
  return counts ? "number of " + column.label : column.label;
}

const Table* Catalogue::find(std::string_view table) const {
  const auto found = std::ranges::find(tables, table, &Table::name);
  return found == tables.end() ? nullptr : &*found;
}

}  // namespace holdfast::text2sql
