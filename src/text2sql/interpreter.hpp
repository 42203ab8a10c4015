/// The steps from mentions to a query form, as one object that holds the form while it is being filled in.
///
/// Internal to interpretation.cpp and the interpreter_*.cpp beside it. Every `choose_…` either fills in the form or
/// says in `problem` why there is none; what it left out of the question is found afterwards (accounting.hpp). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text2sql/interpretation.hpp"
#include "text2sql/mentions.hpp"

namespace holdfast::text2sql {

class Interpreter {
 public:
  Interpreter(const Mentions& mentions, Interpretation& out) : m_(mentions), t_(*mentions.table), out_(out) {}

  void run();

 private:
  // interpretation.cpp
  void problem(std::string text);
  void choose();

  // interpreter_facts.cpp
  [[nodiscard]] bool is_text(std::size_t column) const;
  [[nodiscard]] std::optional<std::size_t> measure() const;
  [[nodiscard]] bool measure_named() const;
  [[nodiscard]] std::vector<std::size_t> open_key(const std::vector<std::size_t>& besides) const;
  [[nodiscard]] std::vector<std::size_t> row_label() const;
  [[nodiscard]] bool asks_for_year(const std::vector<std::size_t>& columns) const;
  [[nodiscard]] Function fold_of(std::size_t column) const;
  [[nodiscard]] std::vector<std::size_t> open_texts() const;
  [[nodiscard]] bool follows_years(std::size_t column) const;
  [[nodiscard]] bool orders_by_itself(const std::vector<std::size_t>& columns) const;
  [[nodiscard]] bool is_row_itself(const std::vector<std::size_t>& entity) const;
  [[nodiscard]] bool entity_is_pinned() const;
  [[nodiscard]] std::vector<std::size_t> compared_columns() const;
  [[nodiscard]] std::vector<std::size_t> all_measures() const;
  [[nodiscard]] std::vector<std::size_t> measures_besides(std::size_t column) const;
  [[nodiscard]] std::optional<std::size_t> filtered_measure() const;
  [[nodiscard]] bool only_year_or_key_asked() const;
  [[nodiscard]] bool only_rows_asked() const;

  // interpreter_years.cpp
  bool find_missing_year();
  void note_range_beyond_data(const Filter& filter);
  void pin_year(std::int64_t year, std::string_view why);
  void settle_year(std::optional<std::size_t> column, bool year_is_asked);
  void show_years(std::size_t column);

  // interpreter_counts.cpp
  bool set_count_function();
  void choose_count();
  void choose_count_comparison();
  void choose_count_rank();
  void count_groups(std::size_t column);

  // interpreter_ranks.cpp
  void choose_rank();
  void choose_by_date();
  void show_also(std::size_t ranked);
  void rank_rows(const std::vector<std::size_t>& entity, std::size_t column);

  // interpreter_groups.cpp
  void choose_change();
  void choose_comparison();
  void choose_groups();
  void finish_groups(std::vector<std::size_t> columns);
  void choose_fold();
  void fold_measure(std::size_t column, Function when_undecided);

  // interpreter_lists.cpp
  [[nodiscard]] bool condition_groups(const std::vector<std::size_t>& groups);
  void choose_list(const std::vector<std::size_t>& asked);
  void choose_lookup();
  void show_rows(const std::vector<std::size_t>& measures);
  void choose_without_measure();

  const Mentions& m_;
  const Table& t_;
  Interpretation& out_;
  QueryForm form_;
};

}  // namespace holdfast::text2sql
