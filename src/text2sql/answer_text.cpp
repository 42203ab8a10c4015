#include "text2sql/answer_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace holdfast::text2sql {
namespace {

// What is read as text; the table beside it has every row.
constexpr std::size_t kLines = 12;

constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

std::string operand_text(const Operand& operand) {
  if (const auto* text = std::get_if<std::string>(&operand)) return *text;
  if (const auto* integer = std::get_if<std::int64_t>(&operand)) return cell_text(*integer);
  return cell_text(std::get<double>(operand));
}

std::string plural(std::string word) {
  if (word.ends_with("y") && !word.ends_with("ay") && !word.ends_with("ey"))
    return word.substr(0, word.size() - 1) + "ies";
  return word.ends_with('s') ? word : word + "s";
}

class Writer {
 public:
  Writer(const Interpretation& interpretation, const Rows& rows)
      : i_(interpretation), f_(*interpretation.form), t_(*f_.table), rows_(rows) {}

  std::string write() {
    if (i_.missing_year) return missing_year();
    std::string text = body();
    const std::string gap = text.ends_with('\n') ? "" : " ";
    std::string tail;
    if (const auto missing = missing_names(); !missing.empty())
      tail += fmt::format("There is no value for {}. ", missing);
    for (const auto& note : i_.notes) tail += note + " ";
    if (rows_.truncated) tail += fmt::format("Only the first {} rows are shown; the list is truncated. ", rows_.size());
    return text + gap + tail + source_sentence(t_.name, rows_used(rows_), rows_.truncated);
  }

 private:
  [[nodiscard]] const Column& column(std::size_t index) const { return t_.columns[index]; }

  // A cell of a named column: years without separators, months by name.
  [[nodiscard]] std::string shown(std::size_t index, const json::value& cell) const {
    if (t_.month == index && cell.is_int64() && cell.get_int64() >= 1 && cell.get_int64() <= 12) {
      return std::string(kMonths[static_cast<std::size_t>(cell.get_int64() - 1)]);
    }
    if (cell.is_int64() && !t_.is_measure(index)) return fmt::to_string(cell.get_int64());
    return cell_text(cell);
  }
  [[nodiscard]] std::string shown(std::size_t index, const Operand& operand) const {
    if (const auto* integer = std::get_if<std::int64_t>(&operand)) return shown(index, json::value(*integer));
    return operand_text(operand);
  }

  [[nodiscard]] std::string unit() const {
    if (!f_.measure || f_.function == Function::count_distinct) return "";
    const auto& name = column(*f_.measure).unit;
    return name.empty() || column(*f_.measure).label.ends_with(name) ? "" : " " + name;
  }

  // "population", but "number of workers".
  [[nodiscard]] std::string measure_label() const { return figure_phrase(column(*f_.measure)); }

  [[nodiscard]] std::string listed(const Filter& filter) const {
    std::string text;
    for (const auto& operand : filter.operands) text += (text.empty() ? "" : " and ") + shown(filter.column, operand);
    return text;
  }

  // " of Japan", " in 1995", " with fertility above 5".
  [[nodiscard]] std::string conditions(std::string_view for_names) const {
    std::string names;
    std::string when;
    std::string others;
    for (const auto& filter : f_.filters) {
      const auto& c = column(filter.column);
      const bool names_values = filter.comparison == Comparison::in;
      if (filter.column == t_.month && t_.year && f_.pins(*t_.year) && f_.pins(*t_.month)) {
        continue;
      } else if (filter.column == t_.year && t_.month && f_.pins(*t_.year) && f_.pins(*t_.month)) {
        when += " in " + listed(*f_.filter_on(*t_.month)) + " " + listed(filter);
      } else if (filter.column == t_.year || filter.column == t_.month) {
        when += " " + range_text(filter);
      } else if (names_values && c.type == ColumnType::text) {
        names += (names.empty() ? "" : ", ") + listed(filter);
      } else {
        // The figure in question is not named twice: "fertility below 1.5".
        const auto label = f_.measure == filter.column ? "" : c.label + " ";
        const auto link = !label.empty() || !others.empty() ? (others.empty() ? " with " : " and ") : " ";
        others += link + label + range_text(filter, false);
      }
    }
    if (f_.having) {
      const bool named = f_.measure == f_.having->column && others.empty();
      const auto label =
          named ? "" : (others.empty() ? "with total " : "and total ") + column(f_.having->column).label + " ";
      others += " " + label + range_text(*f_.having, false);
    }
    if (!names.empty()) names = std::string(for_names) + names;
    return names + others + when;
  }

  [[nodiscard]] std::string range_text(const Filter& filter, bool time = true) const {
    const auto first = shown(filter.column, filter.operands.front());
    const auto last = shown(filter.column, filter.operands.back());
    switch (filter.comparison) {
      case Comparison::in: return (time ? "in " : "") + listed(filter);
      case Comparison::less: return (time ? "before " : "below ") + first;
      case Comparison::more: return (time ? "after " : "above ") + first;
      case Comparison::at_most: return (time ? "up to " : "of at most ") + first;
      case Comparison::at_least: return (time ? "since " : "of at least ") + first;
      case Comparison::between: return fmt::format("{}between {} and {}", time ? "" : "", first, last);
    }
    std::unreachable();
  }

  // Of two or more things that were named, those that no row tells of.
  [[nodiscard]] std::string missing_names() const {
    std::string out;
    for (const auto& filter : f_.filters) {
      const auto at = std::ranges::find(rows_.columns, column(filter.column).name);
      if (filter.comparison != Comparison::in || filter.operands.size() < 2 || at == rows_.columns.end()) continue;
      const auto cell = static_cast<std::size_t>(at - rows_.columns.begin());
      for (const auto& operand : filter.operands) {
        const auto name = shown(filter.column, operand);
        const bool told =
            std::ranges::any_of(rows_.rows, [&](const auto& row) { return shown(filter.column, row[cell]) == name; });
        if (!told) out += (out.empty() ? "" : " and ") + name;
      }
    }
    return out;
  }

  [[nodiscard]] std::string figure_label() const {
    const std::string label = !f_.measure                               ? ""
                              : f_.function == Function::count_distinct ? column(*f_.measure).label
                                                                        : measure_label();
    switch (f_.function) {
      case Function::sum: return "total " + label;
      case Function::avg: return "average " + label;
      case Function::count_rows: return "number of " + plural(t_.row_name);
      case Function::count_distinct: return "number of different " + plural(label);
      case Function::none: return label;
    }
    std::unreachable();
  }

  [[nodiscard]] std::size_t measure_at() const {
    const auto name = f_.shape == Shape::rows && f_.measure ? column(*f_.measure).name : figure_name(f_);
    const auto at = std::ranges::find(rows_.columns, name);
    return at == rows_.columns.end() ? rows_.columns.size() - 1 : static_cast<std::size_t>(at - rows_.columns.begin());
  }

  [[nodiscard]] std::string no_rows() const {
    return fmt::format("The table {} has no value{}.", t_.name, conditions(" for "));
  }

  [[nodiscard]] std::string body() const {
    if (rows_.rows.empty()) return no_rows();
    switch (f_.shape) {
      case Shape::figure: return figure();
      case Shape::distinct: return distinct();
      case Shape::groups: return f_.limit == 1 && f_.by_measure ? best_group() : lines();
      case Shape::rows:
        if (f_.extreme_only) return extreme();
        if (rows_.size() == 1 && !f_.measure && shows_measures()) return several_figures();
        if (rows_.size() == 1 && f_.measure && !f_.limit && missing_names().empty()) return single();
        return lines();
    }
    std::unreachable();
  }

  [[nodiscard]] std::string figure() const {
    const auto& value = rows_.rows[0][0];
    if (value.is_null()) return no_rows();
    const auto text = cell_text(value);
    if (f_.function == Function::count_rows) {
      return fmt::format("There are {} {}{}.", text, plural(t_.row_name), conditions(" with "));
    }
    if (f_.function == Function::count_distinct) {
      return fmt::format("There are {} different {}{}.", text, plural(column(*f_.measure).label), conditions(" with "));
    }
    return fmt::format("The {}{} is {}{}.", figure_label(), conditions(" for "), text, unit());
  }

  [[nodiscard]] std::string single() const {
    const auto& value = rows_.rows[0][measure_at()];
    if (value.is_null())
      return fmt::format("The table {} has no {}{}.", t_.name, column(*f_.measure).label, conditions(" for "));
    const auto labels = labels_of(rows_.rows[0], true);
    return fmt::format("The {}{} was {}{}{}.", measure_label(), conditions(" of "), cell_text(value), unit(),
                       labels.empty() ? "" : " (" + labels + ")");
  }

  [[nodiscard]] bool shows_measures() const {
    return std::ranges::any_of(f_.columns, [&](auto index) { return t_.is_measure(index); });
  }

  // One row, several figures: "For Japan in 1995: life expectancy 80.24 years; fertility …".
  [[nodiscard]] std::string several_figures() const {
    std::string text;
    for (std::size_t i = 0; i < rows_.columns.size(); ++i) {
      const auto index = t_.find_column(rows_.columns[i]);
      if (!index || f_.pins(*index)) continue;
      const auto& cell = rows_.rows[0][i];
      const auto& unit_name = column(*index).unit;
      text += (text.empty() ? "" : "; ") + column(*index).label + " " +
              (cell.is_null() ? "not given" : shown(*index, cell)) +
              (unit_name.empty() || cell.is_null() || unit_name == column(*index).label ? "" : " " + unit_name);
    }
    const auto of = conditions(" ");
    return fmt::format("For{}: {}.", of.empty() ? " the row found" : of, text);
  }

  [[nodiscard]] std::string extreme() const {
    const auto& cell = rows_.rows[0][measure_at()];
    std::string who;
    for (std::size_t i = 0; i < std::min(rows_.size(), kLines); ++i) {
      const auto labels = labels_of(rows_.rows[i], true);
      if (!labels.empty()) who += (who.empty() ? ": " : "; ") + labels;
    }
    if (rows_.size() > kLines) who += fmt::format("; … ({} rows in the table below)", rows_.size());
    const bool high = f_.direction == Direction::descending;
    const bool day = column(*f_.measure).type == ColumnType::text;
    const bool zero = !day && !high && cell.is_int64() && cell.get_int64() == 0;
    return fmt::format("The {} {}{} was {}{}{}.{}",
                       day ? (high ? "latest" : "earliest") : (high ? "highest" : "lowest"), measure_label(),
                       conditions(" of "), shown(*f_.measure, cell), unit(), who,
                       zero ? " A figure of 0 may mean that it is not known." : "");
  }

  [[nodiscard]] std::string best_group() const {
    const auto& row = rows_.rows[0];
    return fmt::format("The {} with the {} {}{} is {}: {}{}.", names_of_columns(),
                       f_.direction == Direction::descending ? "highest" : "lowest", figure_label(),
                       conditions(" for "), labels_of(row, false), cell_text(row[measure_at()]), unit());
  }

  [[nodiscard]] std::string names_of_columns() const {
    std::string text;
    for (const auto index : f_.columns) text += (text.empty() ? "" : " and ") + column(index).label;
    return text;
  }

  // What names a row: every shown column but the figure; with `unpinned_only` not what the question fixed itself.
  [[nodiscard]] std::string labels_of(const std::vector<json::value>& row, bool unpinned_only) const {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto index = t_.find_column(rows_.columns[i]);
      if (!index || index == f_.measure || rows_.columns[i] == kRowsUsed) continue;
      const bool has_figure = f_.shape == Shape::groups || f_.shape == Shape::figure;
      if (has_figure && i == measure_at()) continue;
      if (unpinned_only && f_.pins(*index)) continue;
      if (t_.is_measure(*index)) {
        text += (text.empty() ? "" : ", ") + column(*index).label + " " + cell_text(row[i]);
      } else if (row[i].is_null() && column(*index).type == ColumnType::text && !column(*index).is_key) {
        text += (text.empty() ? "" : ", ") + fmt::format("{} not given", column(*index).label);
      } else if (!row[i].is_null()) {
        text += (text.empty() ? "" : ", ") + shown(*index, row[i]);
      }
    }
    return text;
  }

  [[nodiscard]] std::string distinct() const {
    const auto& shown_columns = f_.columns;
    // "The director of Titanic is James Cameron."
    if (rows_.size() == 1 && shown_columns.size() == 2 && f_.pins(shown_columns[0])) {
      return fmt::format("The {}{} is {}.", column(shown_columns[1]).label, conditions(" of "),
                         shown(shown_columns[1], rows_.rows[0][1]));
    }
    std::string text = capitalised(names_of_columns()) + conditions(" for ") + ": ";
    const std::size_t count = std::min(rows_.size(), std::size_t{40});
    for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : "; ") + labels_of(rows_.rows[i], false);
    if (count < rows_.size()) text += fmt::format("; … ({} rows in the table below)", rows_.size());
    return text + ".";
  }

  [[nodiscard]] std::string lines() const {
    const bool figure = f_.measure.has_value() || f_.shape == Shape::groups;
    std::string text = capitalised(figure ? figure_label() : names_of_columns()) + conditions(" for ");
    if (f_.limit && f_.by_measure) {
      text = fmt::format("{}, {} first{}", capitalised(figure_label()),
                         f_.direction == Direction::descending ? "highest" : "lowest", conditions(" for "));
    }
    text += ":";
    const std::size_t count = std::min(rows_.size(), kLines);
    for (std::size_t i = 0; i < count; ++i) {
      const auto& row = rows_.rows[i];
      const auto open = labels_of(row, true);
      const auto labels = open.empty() ? labels_of(row, false) : open;
      text += figure ? fmt::format("\n- {}: {}{}", labels, cell_text(row[measure_at()]), unit()) : "\n- " + labels;
    }
    if (count < rows_.size()) text += fmt::format("\n- … ({} rows in the table below)", rows_.size());
    return text + "\n";
  }

  [[nodiscard]] std::string missing_year() const {
    std::vector<std::int64_t> years;
    for (const auto& row : rows_.rows) {
      if (row[0].is_int64()) years.push_back(row[0].get_int64());
    }
    const auto asked = i_.missing_year->asked;
    if (years.empty()) return fmt::format("The table {} has no figures{}.", t_.name, conditions(" for "));
    std::string which = fmt::format("{}", fmt::join(years, ", "));
    if (years.size() > kLines) which = fmt::format("{} years from {} to {}", years.size(), years.front(), years.back());
    return fmt::format("The table {} has no figures for {}{}. It has {}. {}", t_.name, asked, conditions(" for "),
                       which, source_sentence(t_.name, years.size(), rows_.truncated));
  }

  const Interpretation& i_;
  const QueryForm& f_;
  const Table& t_;
  const Rows& rows_;
};

}  // namespace

std::size_t rows_used(const Rows& rows) {
  const auto at = std::ranges::find(rows.columns, kRowsUsed);
  if (at == rows.columns.end()) return rows.size();
  const auto index = static_cast<std::size_t>(at - rows.columns.begin());
  std::size_t used = 0;
  for (const auto& row : rows.rows) {
    if (row[index].is_int64()) used += static_cast<std::size_t>(std::max<std::int64_t>(row[index].get_int64(), 0));
  }
  return used;
}

std::string rows_text(const Rows& rows) {
  return fmt::format("{}{} {}", rows.truncated ? "the first " : "", cell_text(static_cast<std::int64_t>(rows.size())),
                     rows.size() == 1 ? "row" : "rows");
}

std::string result_sentence(const Rows& rows, const std::vector<std::string>& tables) {
  if (tables.empty()) return fmt::format("Result of {}; the query read no table.", rows_text(rows));
  return fmt::format("Source: {} {}; result of {}.", tables.size() == 1 ? "table" : "tables", fmt::join(tables, ", "),
                     rows_text(rows));
}

std::string source_sentence(std::string_view table, std::size_t rows, bool truncated) {
  return fmt::format("Source: table {}, {}{} {}.", table, truncated ? "the first " : "",
                     cell_text(static_cast<std::int64_t>(rows)), rows == 1 ? "row" : "rows");
}

std::string answer_text(const Interpretation& interpretation, const Rows& rows) {
  return Writer(interpretation, rows).write();
}

std::string plain_answer_text(const Rows& rows, const std::vector<std::string>& tables) {
  if (rows.rows.empty()) return "No rows match. " + result_sentence(rows, tables);
  return rows.to_text(2000) + "\n" + result_sentence(rows, tables);
}

}  // namespace holdfast::text2sql
