/// A query as a form, so that offline planning never pastes text into SQL. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "text2sql/catalogue.hpp"

namespace holdfast::text2sql {

using Operand = std::variant<std::int64_t, double, std::string>;

enum class Comparison : unsigned char { in, less, at_most, more, at_least, between };

struct Filter {
  std::size_t column = 0;
  Comparison comparison = Comparison::in;
  std::vector<Operand> operands;  ///< One; two for `between`; any number for `in`.
};

enum class Shape : unsigned char {
  rows,      ///< The matching rows, `columns` shown.
  distinct,  ///< The distinct combinations of `columns`.
  figure,    ///< One figure over the matching rows.
  groups,    ///< One figure per combination of `columns`.
};

enum class Function : unsigned char { none, sum, avg, count_rows, count_distinct };

enum class Direction : unsigned char { ascending, descending };

struct QueryForm {
  const Table* table = nullptr;  ///< Of the catalogue, which outlives the form.
  Shape shape = Shape::rows;
  Function function = Function::none;
  std::vector<std::size_t> columns;
  std::optional<std::size_t> measure;  ///< What is ranked, folded or counted.
  std::vector<Filter> filters;
  /// A condition on the total of a column over each group: of `columns`, or of `measure` when groups are counted.
  std::optional<Filter> having;
  bool by_measure = false;  ///< Ordered by the measure instead of by the columns.
  Direction direction = Direction::descending;
  std::optional<std::size_t> limit;
  bool extreme_only = false;  ///< Only the rows that hold the highest or lowest value, ties included.

  [[nodiscard]] const Filter* filter_on(std::size_t column) const;
  [[nodiscard]] bool pins(std::size_t column) const;  ///< One value of it is asked for.
};

/// The form as one SELECT. Names are quoted, texts escaped.
[[nodiscard]] std::string render_sql(const QueryForm& form);

/// The name of the figure column in the result.
[[nodiscard]] std::string figure_name(const QueryForm& form);

/// The name of the column that counts what a figure was made from.
inline constexpr std::string_view kRowsUsed = "rows_used";

}  // namespace holdfast::text2sql
