#include "app/table_text.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace holdfast::app {
namespace {

constexpr std::size_t kWidestCell = 60;

}  // namespace

std::string printable(std::string_view cell) {
  std::string text(cell);
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  if (count_code_points(text) <= kWidestCell) return text;
  std::size_t bytes = text.size();
  while (count_code_points(std::string_view(text).substr(0, bytes)) > kWidestCell - 1) --bytes;
  return std::string(truncate_utf8(text, bytes)) + "…";
}

std::string format_table(const std::vector<TextRow>& rows) {
  std::vector<TextRow> cells;
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    auto& line = cells.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      line.push_back(printable(row[i]));
      if (widths.size() <= i) widths.push_back(0);
      widths[i] = std::max(widths[i], count_code_points(line.back()));
    }
  }
  std::string text;
  for (const auto& row : cells) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - count_code_points(row[i]) + 2, ' ');
    }
    text += line;
    text += '\n';
  }
  return text;
}

}  // namespace holdfast::app
