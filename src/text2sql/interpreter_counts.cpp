#include "text2sql/interpreter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::text2sql {

// "How many": what the table counts, of rows or of people behind the rows.
bool Interpreter::set_count_function() {
  if (t_.counts == "rows") {
    form_.function = Function::count_rows;
    return true;
  }
  const auto column = t_.find_column(t_.counts);
  if (!column) {
    problem(
        fmt::format("A row of the table {} is one {}, so it does not say how many there were.", t_.name, t_.row_name));
    return false;
  }
  form_.function = Function::sum;
  form_.measure = column;
  return true;
}

void Interpreter::choose_count() {
  if (m_.most_rows) return choose_count_rank();
  const auto& counted = m_.counted;
  if (!m_.per.empty()) {
    if (counted && counted->kind == SpanKind::column && t_.is_measure(counted->column)) return choose_groups();
    if (counted && counted->kind == SpanKind::column && !counted->also_table && is_text(counted->column)) {
      form_.function = Function::count_distinct;
      form_.measure = counted->column;
    } else if (!set_count_function()) {
      return;
    }
    settle_year(form_.measure, asks_for_year(m_.per));
    return finish_groups(m_.per);
  }
  if (m_.several_values()) return choose_count_comparison();
  form_.shape = Shape::figure;
  if (counted && counted->kind == SpanKind::column && t_.is_measure(counted->column)) {
    return fold_measure(counted->column, Function::sum);
  }
  const bool rows_of_table = counted && (counted->kind == SpanKind::table || counted->also_table);
  if (counted && counted->kind == SpanKind::column && !(rows_of_table && t_.counts == "rows")) {
    form_.function = Function::count_distinct;
    form_.measure = counted->column;
    if (std::ranges::any_of(m_.asked, [&](auto column) { return column != counted->column; })) {
      return problem("I can count one thing at a time.");
    }
    const bool by_figure = m_.has_measure_filter();
    settle_year(by_figure ? filtered_measure() : std::nullopt, counted->column == t_.year);
    if (by_figure) count_groups(counted->column);
    return;
  }
  if (!set_count_function()) return;
  settle_year(form_.measure, false);
  if (form_.measure && follows_years(*form_.measure)) finish_groups({*t_.year});
}

// "How many farmers and how many lawyers": one figure for each.
void Interpreter::choose_count_comparison() {
  const bool measure_counted = m_.counted && m_.counted->kind == SpanKind::column && t_.is_measure(m_.counted->column);
  if (measure_counted) return choose_comparison();
  if (!set_count_function()) return;
  settle_year(form_.measure, false);
  finish_groups(compared_columns());
}

void Interpreter::choose_count_rank() {
  auto entity = m_.asked;
  for (const auto column : m_.per) {
    if (std::ranges::find(entity, column) == entity.end()) entity.push_back(column);
  }
  if (entity.empty()) return problem("I cannot tell what is to be counted.");
  const bool counted_column = m_.counted && m_.counted->kind == SpanKind::column && !m_.counted->also_table;
  if (m_.most_of) {
    form_.function = Function::count_distinct;
    form_.measure = m_.most_of;
  } else if (counted_column) {
    form_.function = Function::count_distinct;
    form_.measure = m_.counted->column;
    std::erase(entity, m_.counted->column);
    if (entity.empty()) return problem("I cannot tell what is to be ranked.");
  } else if (!set_count_function()) {
    return;
  }
  settle_year(form_.measure, asks_for_year(entity));
  form_.by_measure = true;
  form_.direction = m_.extreme == Extreme::min ? Direction::ascending : Direction::descending;
  form_.limit = m_.top.value_or(1);
  finish_groups(entity);
}

// "How many regions had more than 500 million people": the regions are found by their totals, then counted.
void Interpreter::count_groups(std::size_t column) {
  if (!t_.has_key || open_key({column}).empty()) return;
  if (!condition_groups({column})) return;
  form_.shape = Shape::figure;
  form_.function = Function::count_distinct;
  form_.measure = column;
  form_.columns.clear();
  form_.by_measure = false;
}

}  // namespace holdfast::text2sql
