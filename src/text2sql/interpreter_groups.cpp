#include "text2sql/interpreter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::text2sql {

void Interpreter::choose_change() {
  if (!t_.year) return problem(fmt::format("The table {} has no years to follow a change over.", t_.name));
  const auto column = measure();
  if (!column) return problem("I cannot tell which figure to follow over the years.");
  // "Between 1955 and 2005" means the years between, also when written as "from 1955 to 2005".
  for (auto& filter : form_.filters) {
    if (filter.column == *t_.year && filter.comparison == Comparison::in && filter.operands.size() > 1) {
      std::ranges::sort(filter.operands);
      filter = {filter.column, Comparison::between, {filter.operands.front(), filter.operands.back()}};
    }
  }
  form_.measure = column;
  auto columns = compared_columns();
  if (std::ranges::find(columns, *t_.year) == columns.end()) columns.push_back(*t_.year);
  for (const auto per : m_.per) {
    if (std::ranges::find(columns, per) == columns.end()) columns.insert(columns.begin(), per);
  }
  if (t_.has_key && open_key(columns).empty()) {
    columns.push_back(*column);
    form_.columns = columns;
    form_.shape = Shape::rows;
    return;
  }
  form_.function = m_.count ? Function::sum : fold_of(*column);
  if (form_.function == Function::none) form_.function = Function::avg;
  finish_groups(columns);
}

void Interpreter::choose_comparison() {
  const auto column = measure();
  if (!column) return choose_list(m_.asked);
  if (!measure_named() && !m_.asked.empty()) return choose_list(m_.asked);
  const auto verb = std::ranges::find_if(m_.weak_asked, [&](auto c) { return form_.filter_on(c) == nullptr; });
  if (!measure_named() && verb != m_.weak_asked.end() && (*verb != t_.date() || m_.when)) return choose_list({*verb});
  auto columns = compared_columns();
  settle_year(column, asks_for_year(columns));
  form_.measure = column;
  form_.by_measure = m_.extreme != Extreme::none || m_.compare;
  form_.direction = m_.extreme == Extreme::min ? Direction::ascending : Direction::descending;
  auto measures = m_.measures.empty() ? std::vector{*column} : m_.measures;
  if (!measure_named() && m_.extreme != Extreme::none) {
    out_.notes.push_back(fmt::format("No figure was named, so this goes by {}.", t_.columns[*column].label));
  } else if (!measure_named() && t_.counts.empty()) {
    measures = all_measures();
  }
  if (!m_.average && !m_.sum && t_.has_key && open_key(columns).empty()) {
    auto shown = columns;
    if (t_.year && !form_.pins(*t_.year) && !asks_for_year(shown)) shown.push_back(*t_.year);
    if (measures.size() > 1) {
      form_.measure.reset();
      form_.by_measure = false;
    }
    shown.insert(shown.end(), measures.begin(), measures.end());
    form_.shape = Shape::rows;
    form_.columns = shown;
    return;
  }
  if (measures.size() > 1) return problem("I can compare one figure at a time.");
  form_.function = m_.count && fold_of(*column) == Function::none ? Function::sum : fold_of(*column);
  if (form_.function == Function::none) {
    columns.push_back(*column);
    form_.shape = Shape::rows;
    form_.columns = columns;
    return;
  }
  finish_groups(columns);
}

void Interpreter::choose_groups() {
  const auto column = measure();
  auto asked = m_.asked;
  // "Movies by genre": the word for a row is not a column to show.
  if (t_.has_things() && m_.row_word) std::erase(asked, *m_.row_word);
  if (!asked.empty()) return problem("I cannot tell which of the columns to group by.");
  if (m_.measures.size() > 1) return problem("I can group one figure at a time.");
  const bool count_rows = !measure_named() && !m_.average && !m_.sum && m_.table_named && t_.counts == "rows";
  if (count_rows || !column) {
    if (!set_count_function()) return;
    return finish_groups(m_.per);
  }
  settle_year(column, asks_for_year(m_.per));
  form_.measure = column;
  // "Average deaths per year" is one figure, and neither the deaths of each year nor their averages over other columns.
  if (m_.average && !t_.has_things() && t_.has_key &&
      (open_key(m_.per).empty() || (asks_for_year(m_.per) && t_.columns[*column].fold == Fold::sum))) {
    return problem("I cannot tell what the average is to be taken over.");
  }
  if (!m_.average && !m_.sum && t_.has_key && open_key(m_.per).empty()) {
    form_.columns = m_.per;
    form_.columns.push_back(*column);
    form_.shape = Shape::rows;
    form_.by_measure = !orders_by_itself(m_.per);
    return;
  }
  form_.function = fold_of(*column) == Function::none ? Function::sum : fold_of(*column);
  if (m_.count && fold_of(*column) == Function::none) form_.function = Function::sum;
  finish_groups(m_.per);
}

void Interpreter::finish_groups(std::vector<std::size_t> columns) {
  if (form_.function == Function::sum && form_.measure && follows_years(*form_.measure) && !asks_for_year(columns)) {
    columns.push_back(*t_.year);
  }
  form_.shape = Shape::groups;
  form_.columns = columns;
  if (!form_.by_measure && !orders_by_itself(columns)) form_.by_measure = true;
}

void Interpreter::choose_fold() {
  const auto column = measure();
  if (!column) return problem("I cannot tell which figure to add up or average.");
  if (m_.measures.size() > 1) return problem("I can work out one total or average at a time.");
  const bool rows_only = m_.asked.size() == 1 && m_.row_word == m_.asked.front();
  if (!m_.asked.empty() && !rows_only) return problem("I cannot tell what to group by; say “by” before the column.");
  const bool over_years = m_.average && entity_is_pinned();
  settle_year(column, over_years);
  form_.measure = column;
  form_.function = fold_of(*column);
  if (follows_years(*column)) return finish_groups({*t_.year});
  form_.shape = Shape::figure;
}

// One figure over all matching rows; a single row is shown as it is.
void Interpreter::fold_measure(std::size_t column, Function when_undecided) {
  settle_year(column, false);
  form_.measure = column;
  if (t_.has_key && open_key({}).empty()) return show_rows({column});
  const auto undecided_count = m_.count && t_.columns[column].fold == Fold::avg;
  if (undecided_count && t_.has_key && !open_texts().empty()) {
    return problem(fmt::format("The figures of {} do not add up; name a single {}.", t_.columns[column].label,
                               t_.columns[open_texts().front()].label));
  }
  form_.function = fold_of(column) == Function::none ? when_undecided : fold_of(column);
  if (follows_years(column)) return show_years(column);
  form_.shape = Shape::figure;
}

}  // namespace holdfast::text2sql
