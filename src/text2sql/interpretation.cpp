#include "text2sql/interpretation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "text2sql/mentions.hpp"

namespace holdfast::text2sql {
namespace {

class Interpreter {
 public:
  Interpreter(const Mentions& mentions, Interpretation& out) : m_(mentions), t_(*mentions.table), out_(out) {}

  void run() {
    form_.table = &t_;
    form_.filters = m_.filters;
    if (find_missing_year()) return;
    choose();
    if (!out_.problem.empty()) return;
    out_.form = std::move(form_);
  }

 private:
  void problem(std::string text) { out_.problem = std::move(text); }

  [[nodiscard]] bool is_text(std::size_t column) const { return t_.columns[column].type == ColumnType::text; }

  // The measure in question: named, else named by a verb, else the main one of the table.
  [[nodiscard]] std::optional<std::size_t> measure() const {
    if (!m_.measures.empty()) return m_.measures.front();
    if (!m_.weak_measures.empty()) return m_.weak_measures.front();
    return t_.main_measure;
  }
  [[nodiscard]] bool measure_named() const { return !m_.measures.empty() || !m_.weak_measures.empty(); }

  // Key columns that neither a filter nor `besides` fixes.
  [[nodiscard]] std::vector<std::size_t> open_key(const std::vector<std::size_t>& besides) const {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < t_.columns.size(); ++i) {
      if (!t_.columns[i].is_key || form_.pins(i)) continue;
      if (std::ranges::find(besides, i) == besides.end()) open.push_back(i);
    }
    return open;
  }

  // The columns that tell one row from another: the open key, else the first text column.
  [[nodiscard]] std::vector<std::size_t> row_label() const {
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
    if (t_.year && !form_.pins(*t_.year) && std::ranges::find(label, *t_.year) == label.end())
      label.push_back(*t_.year);
    return label;
  }

  // A year that was named one by one and is not there.
  bool find_missing_year() {
    if (!t_.year || t_.years.empty()) return false;
    const auto* filter = form_.filter_on(*t_.year);
    if (filter == nullptr) return false;
    if (filter->comparison != Comparison::in) {
      note_range_beyond_data(*filter);
      return false;
    }
    for (const auto& operand : filter->operands) {
      const auto asked = std::get<std::int64_t>(operand);
      if (std::ranges::binary_search(t_.years, asked)) continue;
      MissingYear missing{asked, {}};
      const auto above = std::ranges::upper_bound(t_.years, asked);
      if (above != t_.years.begin()) missing.nearest.push_back(*std::prev(above));
      if (above != t_.years.end()) missing.nearest.push_back(*above);
      out_.missing_year = std::move(missing);
      // Which years are there, for the very thing that was asked about.
      std::erase_if(form_.filters, [&](const Filter& f) { return f.column == *t_.year || f.column == t_.month; });
      form_.shape = Shape::distinct;
      form_.columns = {*t_.year};
      out_.form = form_;
      return true;
    }
    return false;
  }

  void note_range_beyond_data(const Filter& filter) {
    const auto first = std::get<std::int64_t>(filter.operands.front());
    const auto last = std::get<std::int64_t>(filter.operands.back());
    const bool open_start = filter.comparison == Comparison::less || filter.comparison == Comparison::at_most;
    const bool open_end = filter.comparison == Comparison::more || filter.comparison == Comparison::at_least;
    if ((!open_start && first < t_.years.front()) || (!open_end && last > t_.years.back())) {
      out_.notes.push_back(fmt::format("The data covers {} to {}.", t_.years.front(), t_.years.back()));
    }
  }

  void pin_year(std::int64_t year, std::string_view why) {
    form_.filters.push_back({*t_.year, Comparison::in, {year}});
    out_.notes.push_back(fmt::format("No year was named, so this is {}, {}.", year, why));
  }

  // Figures of different years of such a column do not add up; without a year the newest is meant.
  void settle_year(std::optional<std::size_t> column, bool year_is_asked) {
    if (!t_.year || t_.years.empty() || form_.filter_on(*t_.year) != nullptr) return;
    if (m_.latest || m_.earliest) {
      form_.filters.push_back({*t_.year, Comparison::in, {m_.latest ? t_.years.back() : t_.years.front()}});
      return;
    }
    if (year_is_asked || m_.all_time || !column) return;
    if (t_.columns[*column].without_year == WithoutYear::latest) pin_year(t_.years.back(), "the latest in the data");
  }

  [[nodiscard]] bool asks_for_year(const std::vector<std::size_t>& columns) const {
    return t_.year && std::ranges::find(columns, *t_.year) != columns.end();
  }

  [[nodiscard]] Function fold_of(std::size_t column) const {
    if (m_.average) return Function::avg;
    if (m_.sum) return Function::sum;
    switch (t_.columns[column].fold) {
      case Fold::sum: return Function::sum;
      case Fold::avg: return Function::avg;
      case Fold::none: return Function::none;
    }
    std::unreachable();
  }

  void choose() {
    if (m_.average && m_.sum) return problem("I cannot tell whether the total or the average is asked for.");
    if (m_.average && m_.count) return problem("I cannot work out averages of counts.");
    if ((m_.average || m_.sum) && has_measure_filter() && !m_.compare) {
      return problem("I cannot apply a condition on a figure to a total or an average.");
    }
    if ((m_.latest || m_.earliest) && !t_.year) return problem(fmt::format("The table {} has no years.", t_.name));
    if (m_.compare && !m_.several_values() && !m_.change) {
      return problem("I can compare two things of the same kind when both are named.");
    }
    if (m_.sum && measure_named() && t_.columns[*measure()].fold == Fold::avg) {
      return problem(fmt::format("Figures of {} do not add up to a total.", t_.columns[*measure()].label));
    }
    if (m_.change) return choose_change();
    if (m_.most_common) return choose_count_rank();
    if (m_.count && m_.extreme == Extreme::none) return choose_count();
    if (m_.several_values() && m_.per.empty()) return choose_comparison();
    if (m_.extreme != Extreme::none) return choose_rank();
    if (m_.top) return problem("I cannot tell by which figure to rank.");
    if (!m_.per.empty()) return choose_groups();
    if (m_.average || m_.sum) return choose_fold();
    if (!m_.asked.empty() && !(measure_named() && (only_year_or_key_asked() || only_rows_asked())))
      return choose_list(m_.asked);
    if (measure_named()) return choose_lookup();
    if (!m_.weak_asked.empty() && !(t_.year && form_.filter_on(*t_.year) != nullptr) &&
        form_.filter_on(m_.weak_asked.front()) == nullptr) {
      return choose_list(m_.weak_asked);
    }
    choose_without_measure();
  }

  // "In which year" beside a measure does not make it a list of years.
  [[nodiscard]] bool only_year_or_key_asked() const {
    return m_.asked.size() == 1 && asks_for_year(m_.asked) && !has_measure_filter();
  }

  // "The running time of horror movies" asks for a figure of movies, not for a list of them.
  [[nodiscard]] bool only_rows_asked() const {
    return m_.asked.size() == 1 && m_.row_word == m_.asked.front() && (m_.average || m_.sum);
  }

  [[nodiscard]] bool has_measure_filter() const {
    return std::ranges::any_of(form_.filters, [&](const Filter& f) { return t_.is_measure(f.column); });
  }

  // "How many": what the table counts, of rows or of people behind the rows.
  bool set_count_function() {
    if (t_.counts == "rows") {
      form_.function = Function::count_rows;
      return true;
    }
    const auto column = t_.find_column(t_.counts);
    if (!column) {
      problem(fmt::format("A row of the table {} is one {}, so it does not say how many there were.", t_.name,
                          t_.row_name));
      return false;
    }
    form_.function = Function::sum;
    form_.measure = column;
    return true;
  }

  void choose_count() {
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
      const bool by_figure = has_measure_filter();
      settle_year(by_figure ? filtered_measure() : std::nullopt, counted->column == t_.year);
      return;
    }
    if (!set_count_function()) return;
    settle_year(form_.measure, false);
    if (form_.measure && follows_years(*form_.measure)) finish_groups({*t_.year});
  }

  [[nodiscard]] std::optional<std::size_t> filtered_measure() const {
    for (const auto& filter : form_.filters) {
      if (t_.is_measure(filter.column)) return filter.column;
    }
    return std::nullopt;
  }

  // "How many farmers and how many lawyers": one figure for each.
  void choose_count_comparison() {
    const bool measure_counted =
        m_.counted && m_.counted->kind == SpanKind::column && t_.is_measure(m_.counted->column);
    if (measure_counted) return choose_comparison();
    if (!set_count_function()) return;
    settle_year(form_.measure, false);
    finish_groups(compared_columns());
  }

  // One figure over all matching rows; a single row is shown as it is.
  void fold_measure(std::size_t column, Function when_undecided) {
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

  [[nodiscard]] std::vector<std::size_t> open_texts() const {
    auto open = open_key({});
    std::erase_if(open, [&](auto column) { return !is_text(column); });
    return open;
  }

  // Several years of a figure that is a state and not a flow: a list by year, unless an average is asked for.
  [[nodiscard]] bool follows_years(std::size_t column) const {
    return t_.year && t_.columns[column].without_year == WithoutYear::latest && !form_.pins(*t_.year) && !m_.average;
  }

  void show_years(std::size_t column) {
    if (t_.has_key && open_key({*t_.year}).empty()) return show_rows({column});
    finish_groups({*t_.year});
  }

  void choose_change() {
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

  // The columns of which two or more values are named.
  [[nodiscard]] std::vector<std::size_t> compared_columns() const {
    std::vector<std::size_t> out;
    for (const auto& filter : form_.filters) {
      if (filter.comparison == Comparison::in && filter.operands.size() > 1) out.push_back(filter.column);
    }
    return out;
  }

  void choose_comparison() {
    const auto column = measure();
    if (!column) return choose_list(m_.asked);
    if (!measure_named() && !m_.asked.empty()) return choose_list(m_.asked);
    auto columns = compared_columns();
    settle_year(column, asks_for_year(columns));
    form_.measure = column;
    form_.by_measure = m_.extreme != Extreme::none || m_.compare;
    form_.direction = m_.extreme == Extreme::min ? Direction::ascending : Direction::descending;
    auto measures = m_.measures.empty() ? std::vector{*column} : m_.measures;
    if (!measure_named() && t_.counts.empty()) measures = all_measures();
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

  void choose_rank() {
    std::vector<std::size_t> entity = m_.per.empty() ? m_.asked : m_.per;
    for (const auto column : m_.asked) {
      if (!m_.per.empty() && std::ranges::find(entity, column) == entity.end()) entity.push_back(column);
    }
    std::erase_if(entity, [&](auto column) { return form_.pins(column); });
    if (entity.size() > 2) return problem("I can rank by one or two columns at a time.");
    if ((m_.most_rows || m_.count) && m_.measures.empty() && !entity.empty() && !is_row_itself(entity))
      return choose_count_rank();
    if (m_.most_of || (m_.count && m_.measures.empty())) return choose_count_rank();
    const auto column = measure();
    if (!column) return problem("I cannot tell by which figure to rank.");
    if (m_.measures.size() > 1) return problem("I can rank by one figure at a time.");
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
    if (entity.empty()) return problem("I cannot tell what the total or average is to be taken for.");
    form_.function = fold_of(*column) == Function::none ? Function::sum : fold_of(*column);
    if (t_.columns[*column].fold == Fold::none && !folded) {
      out_.notes.push_back(fmt::format("Several rows of one {} were added up.", t_.columns[entity.front()].label));
    }
    form_.limit = m_.top.value_or(1);
    finish_groups(entity);
  }

  // The entity is what a row is about, as "movie" in the table of movies.
  [[nodiscard]] bool is_row_itself(const std::vector<std::size_t>& entity) const {
    return t_.counts == "rows" && std::ranges::any_of(entity, [&](auto column) { return t_.columns[column].is_key; });
  }

  // Something of the key is fixed, so that only the years are open: "the highest population of Japan".
  [[nodiscard]] bool entity_is_pinned() const {
    const auto open = open_key({});
    return t_.has_key && t_.year && std::ranges::all_of(open, [&](auto column) { return column == *t_.year; });
  }

  void rank_rows(const std::vector<std::size_t>& entity, std::size_t column) {
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
    form_.columns.push_back(column);
    form_.limit = m_.top;
    form_.extreme_only = !m_.top;
    if (form_.extreme_only) form_.limit = 20;
  }

  void choose_count_rank() {
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

  void choose_groups() {
    const auto column = measure();
    if (!m_.asked.empty()) return problem("I cannot tell which of the columns to group by.");
    if (m_.measures.size() > 1) return problem("I can group one figure at a time.");
    const bool count_rows = !measure_named() && !m_.average && !m_.sum && m_.table_named && t_.counts == "rows";
    if (count_rows || !column) {
      if (!set_count_function()) return;
      return finish_groups(m_.per);
    }
    settle_year(column, asks_for_year(m_.per));
    form_.measure = column;
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

  // Years and months in their order, names by their figure.
  [[nodiscard]] bool orders_by_itself(const std::vector<std::size_t>& columns) const {
    return std::ranges::any_of(columns, [&](auto column) { return !is_text(column); }) || columns.size() > 1;
  }

  void finish_groups(std::vector<std::size_t> columns) {
    if (form_.function == Function::sum && form_.measure && follows_years(*form_.measure) && !asks_for_year(columns)) {
      columns.push_back(*t_.year);
    }
    form_.shape = Shape::groups;
    form_.columns = columns;
    if (!form_.by_measure && !orders_by_itself(columns)) form_.by_measure = true;
  }

  void choose_fold() {
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

  // Names that meet the conditions, with the figures that are part of the question.
  void choose_list(const std::vector<std::size_t>& asked) {
    const auto figure = has_measure_filter() ? filtered_measure() : (measure_named() ? measure() : std::nullopt);
    settle_year(figure, asks_for_year(asked));
    form_.columns = asked;
    // "Who directed Titanic": say of what, too.
    for (const auto& filter : form_.filters) {
      if (t_.is_measure(filter.column) || form_.pins(filter.column) == false) continue;
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
    } else {
      form_.shape = Shape::distinct;
    }
  }

  void choose_lookup() {
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

  [[nodiscard]] std::vector<std::size_t> all_measures() const {
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < t_.columns.size(); ++i) {
      if (t_.is_measure(i)) all.push_back(i);
    }
    return all;
  }

  void show_rows(const std::vector<std::size_t>& measures) {
    form_.shape = Shape::rows;
    form_.function = Function::none;
    form_.columns = row_label();
    for (const auto& filter : form_.filters) {
      if (std::ranges::find(form_.columns, filter.column) == form_.columns.end())
        form_.columns.push_back(filter.column);
    }
    for (const auto column : measures) {
      if (std::ranges::find(form_.columns, column) == form_.columns.end()) form_.columns.push_back(column);
    }
    if (measures.size() == 1) form_.measure = measures.front();
  }

  // Only names: "Japan 1995", "movies of Steven Spielberg", "farmers in 1900".
  void choose_without_measure() {
    const bool names_text = std::ranges::any_of(form_.filters, [&](const Filter& f) { return is_text(f.column); });
    if (t_.counts != "rows" && t_.find_column(t_.counts))
      return fold_measure(*t_.find_column(t_.counts), Function::sum);
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

  const Mentions& m_;
  const Table& t_;
  Interpretation& out_;
  QueryForm form_;
};

}  // namespace

Interpretation interpret(const Reading& reading, std::string_view question, const std::vector<Word>& words) {
  Interpretation out;
  out.score = reading.score;
  if (!reading.unknown.empty() || !reading.mentions_anything()) return out;
  const auto mentions = collect_mentions(reading, question, words);
  out.problem = mentions.problem;
  out.choices = mentions.choices;
  out.ambiguous = mentions.ambiguous;
  if (out.problem.empty()) Interpreter(mentions, out).run();
  return out;
}

}  // namespace holdfast::text2sql
