#include "text2sql/schema_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "text2sql/database.hpp"

namespace holdfast::text2sql {
namespace {

// About 4,000 tokens: leaves room for the question and the rules in the smallest common context.
constexpr std::size_t kMaxBytes = 16 * 1024;
// Enough to show how values are written; a short list is given whole.
constexpr std::size_t kSampleValues = 12;

std::string_view type_name(ColumnType type) {
  switch (type) {
    case ColumnType::integer: return "INTEGER";
    case ColumnType::real: return "REAL";
    case ColumnType::text: return "TEXT";
  }
  std::unreachable();
}

std::string column_text(const Column& column) {
  std::string line = fmt::format("  {} {}", quote_identifier(column.name), type_name(column.type));
  if (!column.description.empty()) line += " -- " + column.description;
  if (!column.unit.empty()) line += " (" + column.unit + ")";
  if (!column.values.empty()) {
    line += "; values: ";
    const auto shown = column.values.size() <= 2 * kSampleValues ? column.values.size() : kSampleValues;
    for (std::size_t i = 0; i < shown; ++i) line += (i == 0 ? "" : ", ") + quote_text(column.values[i]);
    if (shown < column.values.size()) line += fmt::format(", … {} in all", column.values.size());
  }
  return line + "\n";
}

}  // namespace

std::string schema_text(const Catalogue& catalogue, const std::vector<std::string>& tables) {
  std::string text;
  for (const auto& name : tables) {
    const auto* table = catalogue.find(name);
    if (table == nullptr) continue;
    std::string part = fmt::format("TABLE {} -- {}\n", quote_identifier(table->name),
                                   table->description.empty() ? table->title : table->description);
    for (const auto& column : table->columns) part += column_text(column);
    if (!table->years.empty())
      part += fmt::format("  years: {} to {}, {} of them\n", table->years.front(), table->years.back(),
                          table->years.size());
    if (text.size() + part.size() > kMaxBytes) {
      text += "(more is left out)\n";
      break;
    }
    text += part;
  }
  return text;
}

std::string table_list_text(const Catalogue& catalogue) {
  std::string text;
  for (const auto& table : catalogue.tables) {
    std::string columns;
    for (const auto& column : table.columns) columns += (columns.empty() ? "" : ", ") + column.name;
    const auto line = fmt::format("{}: {} ({})\n", table.name, table.description, columns);
    if (text.size() + line.size() > kMaxBytes) {
      text += "(more is left out)\n";
      break;
    }
    text += line;
  }
  return text;
}

}  // namespace holdfast::text2sql
