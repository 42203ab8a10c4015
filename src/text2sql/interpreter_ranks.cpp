#include "text2sql/interpreter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::text2sql {

void Interpreter::choose_rank() {
  std::vector<std::size_t> entity = m_.per.empty() ? m_.asked : m_.per;
  for (const auto column : m_.asked) {
    if (!m_.per.empty() && std::ranges::find(entity, column) == entity.end()) entity.push_back(column);
  }
  std::erase_if(entity, [&](auto column) { return form_.pins(column); });
  if (entity.size() > 2) return problem("I can rank by one or two columns at a time.");
  if ((m_.most_rows || m_.count) && m_.measures.empty() && !entity.empty() && !is_row_itself(entity))
    return choose_count_rank();
  if (m_.most_of || (m_.count && m_.measures.empty())) return choose_count_rank();
  const auto column = m_.ranked_by ? m_.ranked_by : measure();
  if (!column) return problem("I cannot tell by which figure to rank.");
  if (!m_.ranked_by && m_.measures.size() > 1) return problem("I can rank by one figure at a time.");
  if (!measure_named()) {
    out_.notes.push_back(fmt::format("No figure was named, so this goes by {}.", t_.columns[*column].label));
  }
  settle_year(column, asks_for_year(entity) || entity_is_pinned());
  form_.measure = column;
  form_.by_measure = true;
  form_.direction = m_.extreme == Extreme::min ? Direction::ascending : Direction::descending;
  const bool folded = m_.average || m_.sum;
  const bool whole_rows = entity.empty() ? !folded : !folded && t_.has_key && open_key(entity).empty();
  if (whole_rows) return rank_rows(entity, *column);
  if (!measures_besides(*column).empty()) return problem("I can rank totals by one figure at a time.");
  if (entity.empty()) return problem("I cannot tell what the total or average is to be taken for.");
  form_.function = fold_of(*column) == Function::none ? Function::sum : fold_of(*column);
  if (t_.columns[*column].fold == Fold::none && !folded) {
    out_.notes.push_back(fmt::format("Several rows of one {} were added up.", t_.columns[entity.front()].label));
  }
  form_.limit = m_.top.value_or(1);
  finish_groups(entity);
}

void Interpreter::rank_rows(const std::vector<std::size_t>& entity, std::size_t column) {
  form_.shape = Shape::rows;
  form_.columns = entity;
  for (const auto label : row_label()) {
    if (!form_.pins(label) && std::ranges::find(form_.columns, label) == form_.columns.end())
      form_.columns.push_back(label);
  }
  for (const auto& filter : form_.filters) {
    if (is_text(filter.column) && t_.columns[filter.column].is_key &&
        std::ranges::find(form_.columns, filter.column) == form_.columns.end()) {
      form_.columns.push_back(filter.column);
    }
  }
  show_also(column);
  form_.columns.push_back(column);
  form_.limit = m_.top;
  form_.extreme_only = !m_.top;
}

// What else is asked of the row that is found: "who directed the most expensive movie", "and what did it make".
void Interpreter::show_also(std::size_t ranked) {
  auto also = m_.weak_asked;
  const auto figures = measures_besides(ranked);
  also.insert(also.end(), figures.begin(), figures.end());
  for (const auto column : also) {
    if (column == ranked || form_.filter_on(column) != nullptr) continue;
    if (column == t_.date() && !m_.when) continue;
    if (std::ranges::find(form_.columns, column) == form_.columns.end()) form_.columns.push_back(column);
  }
}

// "The first movie by Quentin Tarantino", "the hottest day" has no need of it.
void Interpreter::choose_by_date() {
  const bool more = m_.measure_is_asked() || m_.average || m_.sum || m_.count || m_.most_common || m_.compare ||
                    m_.change || m_.extreme != Extreme::none || !m_.per.empty() || m_.several_values();
  const auto date = *t_.date();
  if (more)
    return problem(fmt::format("I can find the first or last by {}, and nothing else of it.", t_.columns[date].label));
  form_.shape = Shape::rows;
  form_.measure = date;
  form_.by_measure = true;
  form_.direction = m_.latest ? Direction::descending : Direction::ascending;
  for (std::size_t i = 0; i < t_.columns.size(); ++i) {
    if (t_.columns[i].is_key && i != date) form_.columns.push_back(i);
  }
  for (const auto column : m_.asked) {
    if (column != date && std::ranges::find(form_.columns, column) == form_.columns.end())
      form_.columns.push_back(column);
  }
  show_also(date);
  form_.columns.push_back(date);
  form_.limit = m_.top;
  form_.extreme_only = !m_.top;
}

}  // namespace holdfast::text2sql
