#include "text2sql/rows.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <cmath>
#include <optional>

#include "base/text.hpp"

namespace holdfast::text2sql {
namespace {

std::string grouped(std::string digits) {
  const std::size_t first = digits.starts_with('-') ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string plain_text(const json::value& cell) {
  if (cell.is_null()) return "";
  if (const auto* text = cell.if_string()) return std::string(*text);
  if (const auto* integer = cell.if_int64()) return fmt::to_string(*integer);
  if (const auto* real = cell.if_double()) return fmt::to_string(*real);
  return json_text(cell);
}

}  // namespace

json::object Rows::to_json() const {
  json::array names;
  for (const auto& column : columns) names.emplace_back(column);
  json::array lines;
  for (const auto& row : rows) lines.emplace_back(json::array(row.begin(), row.end()));
  return {
      {"columns", std::move(names)}, {"rows", std::move(lines)}, {"row_count", rows.size()}, {"truncated", truncated}};
}

std::optional<Rows> Rows::from_json(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return std::nullopt;
  const auto* names = object->if_contains("columns");
  const auto* lines = object->if_contains("rows");
  if (names == nullptr || lines == nullptr || !names->is_array() || !lines->is_array()) return std::nullopt;
  Rows out;
  out.truncated = find_bool(*object, "truncated").value_or(false);
  for (const auto& name : names->get_array()) {
    if (!name.is_string()) return std::nullopt;
    out.columns.emplace_back(name.get_string());
  }
  for (const auto& line : lines->get_array()) {
    if (!line.is_array() || line.get_array().size() != out.columns.size()) return std::nullopt;
    out.rows.emplace_back(line.get_array().begin(), line.get_array().end());
  }
  return out;
}

std::string Rows::to_text(std::size_t limit) const {
  std::string text = fmt::format("{}\n", fmt::join(columns, " | "));
  std::size_t shown = 0;
  for (const auto& row : rows) {
    std::string line;
    for (const auto& cell : row) line += (line.empty() ? "" : " | ") + plain_text(cell);
    if (text.size() + line.size() + 1 > limit) break;
    text += line + "\n";
    ++shown;
  }
  if (shown < rows.size() || truncated) {
    text += fmt::format("({} of {}{} rows shown)\n", shown, truncated ? "more than " : "", rows.size());
  }
  return text;
}

std::string cell_text(const json::value& cell) {
  if (cell.is_null()) return "no value";
  if (const auto* integer = cell.if_int64()) return grouped(fmt::to_string(*integer));
  if (const auto* real = cell.if_double()) {
    if (std::isfinite(*real) && std::abs(*real) < 1e15 && *real == std::trunc(*real)) {
      return grouped(fmt::format("{:.0f}", *real));
    }
    const auto text = fmt::to_string(*real);
    const auto point = text.find('.');
    if (point == std::string::npos || text.find('e') != std::string::npos) return text;
    return grouped(text.substr(0, point)) + text.substr(point);
  }
  return plain_text(cell);
}

}  // namespace holdfast::text2sql
