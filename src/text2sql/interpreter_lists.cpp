#include "text2sql/interpreter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::text2sql {

// Names that meet the conditions, with the figures that are part of the question.
void Interpreter::choose_list(const std::vector<std::size_t>& asked) {
  const auto figure = m_.has_measure_filter() ? filtered_measure() : (measure_named() ? measure() : std::nullopt);
  settle_year(figure, asks_for_year(asked));
  form_.columns = asked;
  // "Who directed Titanic": say of what, too.
  for (const auto& filter : form_.filters) {
    if (t_.is_measure(filter.column) || filter.comparison != Comparison::in) continue;
    if (!t_.columns[filter.column].is_key || !is_text(filter.column)) continue;
    form_.columns.insert(form_.columns.begin(), filter.column);
  }
  std::vector<std::size_t> figures = m_.measures;
  if (figure && std::ranges::find(figures, *figure) == figures.end()) figures.push_back(*figure);
  for (const auto column : figures) {
    if (std::ranges::find(form_.columns, column) == form_.columns.end()) form_.columns.push_back(column);
  }
  if (figure) {
    form_.shape = Shape::rows;
    if (t_.year && !form_.pins(*t_.year) && !asks_for_year(form_.columns))
      form_.columns.insert(form_.columns.begin() + 1, *t_.year);
    form_.measure = figure;
    form_.by_measure = true;
    // Things over the years read in the order of the years.
    if (m_.when && asks_for_year(form_.columns)) form_.by_measure = false;
    if (m_.has_measure_filter() && !condition_groups(asked)) return;
  } else {
    form_.shape = Shape::distinct;
  }
}

// "Regions with more than 500 million people": several rows make up one region, so the condition is on their total.
// False: it cannot be, and `problem` says why.
bool Interpreter::condition_groups(const std::vector<std::size_t>& groups) {
  if (!t_.has_key || open_key(groups).empty()) return true;
  const auto column = *filtered_measure();
  const auto filters = std::ranges::count_if(form_.filters, [&](const Filter& f) { return t_.is_measure(f.column); });
  const bool one_figure = filters == 1 && measures_besides(column).empty() && !m_.average;
  if (t_.has_things() || t_.columns[column].fold != Fold::sum || !one_figure || groups.size() != 1) {
    problem(fmt::format("I cannot apply a condition on {} to several rows taken together.", t_.columns[column].label));
    return false;
  }
  const auto filter = std::ranges::find(form_.filters, column, &Filter::column);
  form_.having = *filter;
  form_.filters.erase(filter);
  form_.shape = Shape::groups;
  form_.function = Function::sum;
  form_.measure = column;
  form_.columns = groups;
  form_.by_measure = true;
  return true;
}

void Interpreter::choose_lookup() {
  const auto measures = m_.measures.empty() ? std::vector{*measure()} : m_.measures;
  if (measures.size() == 1) {
    if (!t_.has_key || (t_.columns[measures.front()].fold == Fold::none && !m_.count)) {
      settle_year(measures.front(), false);
      return show_rows(measures);
    }
    return fold_measure(measures.front(), Function::sum);
  }
  settle_year(measures.front(), false);
  if (t_.has_key && !open_key({}).empty())
    return problem("Several figures at once need a question about a single row.");
  show_rows(measures);
}

void Interpreter::show_rows(const std::vector<std::size_t>& measures) {
  form_.shape = Shape::rows;
  form_.function = Function::none;
  form_.columns = row_label();
  for (const auto& filter : form_.filters) {
    if (std::ranges::find(form_.columns, filter.column) == form_.columns.end()) form_.columns.push_back(filter.column);
  }
  for (const auto column : measures) {
    if (std::ranges::find(form_.columns, column) == form_.columns.end()) form_.columns.push_back(column);
  }
  for (const auto column : m_.weak_asked) {
    const bool told = column == t_.date() && !m_.when;
    if (!told && std::ranges::find(form_.columns, column) == form_.columns.end()) form_.columns.push_back(column);
  }
  if (measures.size() == 1) form_.measure = measures.front();
}

// Only names: "Japan 1995", "movies of Steven Spielberg", "farmers in 1900".
void Interpreter::choose_without_measure() {
  const bool names_text = std::ranges::any_of(form_.filters, [&](const Filter& f) { return is_text(f.column); });
  if (t_.counts != "rows" && t_.find_column(t_.counts)) return fold_measure(*t_.find_column(t_.counts), Function::sum);
  if (t_.has_key && t_.counts.empty() && (names_text || m_.table_named)) {
    settle_year(t_.main_measure, false);
    if (!open_key({}).empty()) {
      if (!t_.main_measure || !m_.table_named) return problem("I cannot tell which figure is asked for.");
      return fold_measure(*t_.main_measure, Function::avg);
    }
    return show_rows(all_measures());
  }
  if (!names_text && !m_.list && !(m_.table_named && !form_.filters.empty()))
    return problem("I cannot tell what is asked for.");
  // Rows that are things in themselves are listed.
  std::vector<std::size_t> shown;
  if (t_.has_key && open_key({}).empty()) {
    for (std::size_t i = 0; i < t_.columns.size(); ++i) shown.push_back(i);
  } else if (t_.main_measure) {
    shown.push_back(*t_.main_measure);
  }
  show_rows(shown);
  form_.measure = t_.main_measure;
}

}  // namespace holdfast::text2sql
