/// The parts of a reading by role: filters, years, columns asked for, and what is to be worked out. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text2sql/query_form.hpp"
#include "text2sql/reading.hpp"

namespace holdfast::text2sql {

/// Which end of time "first", "last" and "latest" mean: a year of the table, or the day of a thing.
enum class TimeEnd : unsigned char { none, year, date };

/// "Best" and "worst", before it is known which end of the figure that is.
enum class Judgement : unsigned char { none, best, worst };

struct Mentions {
  const Table* table = nullptr;
  std::vector<std::size_t> measures;       ///< Numeric columns named, in order, each once.
  std::vector<std::size_t> weak_measures;  ///< Named only by a verb ("grossed", "made").
  std::vector<std::size_t> asked;          ///< Other columns named, in order, each once.
  std::vector<std::size_t> weak_asked;     ///< Named only by a verb ("directed", "released").
  std::optional<std::size_t> row_word;     ///< Of `asked`, what the word for the table also names ("movies").
  std::vector<std::size_t> per;            ///< Columns to group by.
  std::vector<Filter> filters;             ///< On values, years, months and numbers, one per column.
  std::optional<std::size_t> top;          ///< "top 5".
  Extreme extreme = Extreme::none;
  bool average = false;
  bool sum = false;
  bool count = false;
  bool most_common = false;
  bool compare = false;
  bool change = false;
  bool list = false;
  TimeEnd time_end = TimeEnd::none;
  bool latest = false;    ///< With `time_end`: the last of them.
  bool nowadays = false;  ///< "today", "current".
  bool all_time = false;
  bool ranking = false;
  bool by_measure = false;  ///< "By population".
  bool when = false;
  bool who = false;
  bool where = false;
  bool how_much = false;
  Judgement judgement = Judgement::none;
  std::optional<std::size_t> ranked_by;  ///< The measure whose own word is a superlative: "most expensive".
  bool table_named = false;
  /// What directly follows "how many": a column, or the table itself.
  std::optional<Span> counted;
  /// What directly follows "most": the table itself, as in "which director made the most movies".
  bool most_rows = false;
  /// What directly follows "most" when it is another column, as in "which region has the most countries".
  std::optional<std::size_t> most_of;
  std::string problem;  ///< Set when a word has no place.
  std::string ambiguous;
  std::vector<std::string> choices;

  [[nodiscard]] const Filter* filter_on(std::size_t column) const;
  [[nodiscard]] bool measure_is_asked() const { return !measures.empty() || !weak_measures.empty(); }
  [[nodiscard]] bool has_measure_filter() const;
  [[nodiscard]] bool several_values() const;  ///< Two or more values, or years, of one column are named.
};

[[nodiscard]] Mentions collect_mentions(const Reading& reading, std::string_view question,
                                        const std::vector<Word>& words);

}  // namespace holdfast::text2sql
