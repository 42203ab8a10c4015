#include "text2sql/describe.hpp"

#include <boost/json/serialize.hpp>

#include <filesystem>

namespace holdfast::text2sql {
namespace {

// The supervisor keeps the lines, and has to stay small.
constexpr QueryLimits kRows{.rows = 500, .bytes = 64 * 1024};
constexpr std::size_t kMostBytes = 2 * 1024 * 1024;

std::string title_of(const Table& table) { return table.title.empty() ? table.label : table.title; }

std::string column_text(const Column& column) {
  std::string text = column.name;
  if (!column.description.empty()) text += " (" + column.description + ")";
  return text;
}

// Title, description, source and columns: what a person searches in.
std::string description_of(const Table& table) {
  std::string text = title_of(table) + ".";
  if (!table.description.empty()) text += " " + table.description;
  if (!table.source.empty()) text += " Source: " + table.source + ".";
  text += " Columns: ";
  for (const auto& column : table.columns) {
    if (!text.ends_with(": ")) text += ", ";
    text += column_text(column);
  }
  return text + ".";
}

json::object content_of(const Table& table, Database& database, StopCheck& stop) {
  const auto read = database.query("SELECT * FROM " + quote_identifier(table.name), stop, kRows);
  json::object content;
  if (read) {
    content = read->to_json();
  } else {
    json::array columns;
    for (const auto& column : table.columns) columns.emplace_back(column.name);
    content = {{"columns", std::move(columns)}, {"rows", json::array()}, {"row_count", nullptr}, {"truncated", true}};
  }
  // Of the table, not of what was read of it.
  if (table.row_count) content["row_count"] = *table.row_count;
  if (!table.row_count && find_bool(content, "truncated").value_or(true)) content["row_count"] = nullptr;
  return content;
}

}  // namespace

std::string data_file_line(const std::string& path) {
  std::error_code ec;
  const auto absolute = std::filesystem::absolute(path, ec);
  return json::serialize(json::object{{"data_file", ec ? path : absolute.string()}});
}

std::string example_line(std::string_view question) { return json::serialize(json::object{{"example", question}}); }

std::vector<std::string> table_lines(const Catalogue& catalogue, Database& database, StopCheck& stop) {
  std::vector<std::string> lines;
  std::size_t bytes = 0;
  for (const auto& table : catalogue.tables) {
    json::object line{{"table", table.name}, {"title", title_of(table)}, {"description", description_of(table)}};
    auto content = content_of(table, database, stop);
    if (bytes > kMostBytes) {
      content["rows"] = json::array();
      content["truncated"] = true;
    }
    line["content"] = std::move(content);
    lines.push_back(json::serialize(line));
    bytes += lines.back().size();
  }
  return lines;
}

}  // namespace holdfast::text2sql
