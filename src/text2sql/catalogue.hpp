/// What the data file holds: its tables, columns, values and years, with the words people use for them.
///
/// Read once at start, then constant. Descriptions come from the catalogue tables `holdfast_tables`,
/// `holdfast_columns`, `holdfast_values` and `holdfast_examples` when the file has them (docs/text2sql.md), else from
/// the names alone. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::text2sql {

enum class ColumnType : unsigned char { integer, real, text };

/// How several rows become one figure.
enum class Fold : unsigned char { none, sum, avg };

/// Which end of a column a word asks for: "deadliest" is the maximum of deaths.
enum class Extreme : unsigned char { none, max, min };

/// Which rows a question without a year means.
enum class WithoutYear : unsigned char { all, latest };

struct Synonym {
  std::string text;
  Extreme extreme = Extreme::none;
};

struct ValueSynonym {
  std::string value;
  std::string text;
};

struct Column {
  std::string name;
  std::string label;  ///< The name with spaces.
  std::string description;
  std::string unit;
  ColumnType type = ColumnType::text;
  Fold fold = Fold::none;
  WithoutYear without_year = WithoutYear::all;
  Extreme better = Extreme::none;  ///< Which end "best" means; none when the figure has no good end.
  std::vector<Synonym> synonyms;
  std::vector<std::string> values;  ///< Distinct texts, sorted; empty for numbers and beyond the bound.
  std::vector<ValueSynonym> value_synonyms;
  bool is_key = false;  ///< Part of what makes a row unique.

  /// Deaths are counted in people without being called so.
  [[nodiscard]] bool counts_people() const { return unit == "deaths" || unit == "people"; }
};

struct Table {
  std::string name;
  std::string label;
  std::string title;
  std::string description;
  std::string source;
  std::string licence;
  std::string row_name;
  std::vector<std::string> synonyms;
  std::vector<Column> columns;
  std::optional<std::size_t> main_measure;
  std::optional<std::size_t> year;   ///< The column that holds years.
  std::optional<std::size_t> month;  ///< The column that holds months, 1 to 12.
  std::vector<std::int64_t> years;   ///< Distinct years, ascending.
  std::string counts = "rows";       ///< What "how many" counts: "rows", a column to add up, or "" for nothing.
  std::optional<std::int64_t> row_count;
  bool has_key = false;

  [[nodiscard]] std::optional<std::size_t> find_column(std::string_view name) const;
  /// The text column that holds days, as "release date".
  [[nodiscard]] std::optional<std::size_t> date() const;
  /// Rows are things in themselves, as movies and days are, and not figures of something.
  [[nodiscard]] bool has_things() const { return counts == "rows"; }
  [[nodiscard]] bool is_measure(std::size_t column) const;  ///< A number that is neither key, year nor month.
};

/// The column as a figure in a sentence: "life expectancy", but "number of workers".
[[nodiscard]] std::string figure_phrase(const Column& column);

struct Catalogue {
  std::vector<Table> tables;
  std::vector<std::string> examples;
  bool complete = true;  ///< False when reading the values was cut short by a bound.

  [[nodiscard]] const Table* find(std::string_view table) const;
};

}  // namespace holdfast::text2sql
