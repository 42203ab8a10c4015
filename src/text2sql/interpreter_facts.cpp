#include "text2sql/interpreter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::text2sql {

bool Interpreter::is_text(std::size_t column) const { return t_.columns[column].type == ColumnType::text; }

// The measure in question: named, else named by a verb, else the main one of the table.
std::optional<std::size_t> Interpreter::measure() const {
  if (!m_.measures.empty()) return m_.measures.front();
  if (!m_.weak_measures.empty()) return m_.weak_measures.front();
  return t_.main_measure;
}

bool Interpreter::measure_named() const { return !m_.measures.empty() || !m_.weak_measures.empty(); }

// Key columns that neither a filter nor `besides` fixes.
std::vector<std::size_t> Interpreter::open_key(const std::vector<std::size_t>& besides) const {
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < t_.columns.size(); ++i) {
    if (!t_.columns[i].is_key || form_.pins(i)) continue;
    if (std::ranges::find(besides, i) == besides.end()) open.push_back(i);
  }
  return open;
}

// The columns that tell one row from another: the open key, else the first text column.
std::vector<std::size_t> Interpreter::row_label() const {
  std::vector<std::size_t> label;
  for (std::size_t i = 0; i < t_.columns.size(); ++i) {
    if (t_.columns[i].is_key && t_.columns[i].label != "id") label.push_back(i);
  }
  const bool dated = std::ranges::any_of(label, [&](auto column) { return t_.columns[column].label == "date"; });
  if (dated) return label;
  if (label.empty()) {
    for (std::size_t i = 0; i < t_.columns.size() && label.empty(); ++i) {
      if (is_text(i)) label.push_back(i);
    }
  }
  if (t_.year && !form_.pins(*t_.year) && std::ranges::find(label, *t_.year) == label.end()) label.push_back(*t_.year);
  return label;
}

bool Interpreter::asks_for_year(const std::vector<std::size_t>& columns) const {
  return t_.year && std::ranges::find(columns, *t_.year) != columns.end();
}

Function Interpreter::fold_of(std::size_t column) const {
  if (m_.average) return Function::avg;
  if (m_.sum) return Function::sum;
  switch (t_.columns[column].fold) {
    case Fold::sum: return Function::sum;
    case Fold::avg: return Function::avg;
    case Fold::none: return Function::none;
  }
  std::unreachable();
}

std::vector<std::size_t> Interpreter::open_texts() const {
  auto open = open_key({});
  std::erase_if(open, [&](auto column) { return !is_text(column); });
  return open;
}

// Several years of a figure that is a state and not a flow: a list by year, unless an average is asked for.
bool Interpreter::follows_years(std::size_t column) const {
  return t_.year && t_.columns[column].without_year == WithoutYear::latest && !form_.pins(*t_.year) && !m_.average;
}

// Years and months in their order, names by their figure.
bool Interpreter::orders_by_itself(const std::vector<std::size_t>& columns) const {
  return std::ranges::any_of(columns, [&](auto column) { return !is_text(column); }) || columns.size() > 1;
}

// The entity is what a row is about, as "movie" in the table of movies.
bool Interpreter::is_row_itself(const std::vector<std::size_t>& entity) const {
  return t_.counts == "rows" && std::ranges::any_of(entity, [&](auto column) { return t_.columns[column].is_key; });
}

// Something of the key is fixed, so that only the years are open: "the highest population of Japan".
bool Interpreter::entity_is_pinned() const {
  const auto open = open_key({});
  return t_.has_key && t_.year && std::ranges::all_of(open, [&](auto column) { return column == *t_.year; });
}

// The columns of which two or more values are named.
std::vector<std::size_t> Interpreter::compared_columns() const {
  std::vector<std::size_t> out;
  for (const auto& filter : form_.filters) {
    if (filter.comparison == Comparison::in && filter.operands.size() > 1) out.push_back(filter.column);
  }
  return out;
}

std::vector<std::size_t> Interpreter::all_measures() const {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < t_.columns.size(); ++i) {
    if (t_.is_measure(i)) all.push_back(i);
  }
  return all;
}

std::optional<std::size_t> Interpreter::filtered_measure() const {
  for (const auto& filter : form_.filters) {
    if (t_.is_measure(filter.column)) return filter.column;
  }
  return std::nullopt;
}

// "In which year" beside a measure does not make it a list of years.
bool Interpreter::only_year_or_key_asked() const {
  return m_.asked.size() == 1 && asks_for_year(m_.asked) && !m_.has_measure_filter();
}

// "The running time of horror movies" asks for a figure of movies, not for a list of them.
bool Interpreter::only_rows_asked() const {
  return m_.asked.size() == 1 && m_.row_word == m_.asked.front() && (m_.average || m_.sum);
}

// The measures that are named, strongly or by a verb, without `column`.
std::vector<std::size_t> Interpreter::measures_besides(std::size_t column) const {
  auto out = m_.measures;
  out.insert(out.end(), m_.weak_measures.begin(), m_.weak_measures.end());
  std::erase(out, column);
  return out;
}

}  // namespace holdfast::text2sql
