#include "text2sql/interpreter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::text2sql {

// A year that was named one by one and is not there.
bool Interpreter::find_missing_year() {
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

void Interpreter::note_range_beyond_data(const Filter& filter) {
  const auto first = std::get<std::int64_t>(filter.operands.front());
  const auto last = std::get<std::int64_t>(filter.operands.back());
  const bool open_start = filter.comparison == Comparison::less || filter.comparison == Comparison::at_most;
  const bool open_end = filter.comparison == Comparison::more || filter.comparison == Comparison::at_least;
  if ((!open_start && first < t_.years.front()) || (!open_end && last > t_.years.back())) {
    out_.notes.push_back(fmt::format("The data covers {} to {}.", t_.years.front(), t_.years.back()));
  }
}

void Interpreter::pin_year(std::int64_t year, std::string_view why) {
  form_.filters.push_back({*t_.year, Comparison::in, {year}});
  out_.notes.push_back(fmt::format("No year was named, so this is {}, {}.", year, why));
}

// Figures of different years of such a column do not add up; without a year the newest is meant.
void Interpreter::settle_year(std::optional<std::size_t> column, bool year_is_asked) {
  if (!t_.year || t_.years.empty() || form_.filter_on(*t_.year) != nullptr) return;
  if (m_.time_end == TimeEnd::year) {
    form_.filters.push_back({*t_.year, Comparison::in, {m_.latest ? t_.years.back() : t_.years.front()}});
    return;
  }
  if (m_.nowadays && column && t_.columns[*column].without_year == WithoutYear::latest) {
    form_.filters.push_back({*t_.year, Comparison::in, {t_.years.back()}});
    out_.notes.push_back(
        fmt::format("The latest in the data is {}, so it does not say how it is today.", t_.years.back()));
    return;
  }
  if (year_is_asked || m_.all_time || !column) return;
  if (t_.columns[*column].without_year == WithoutYear::latest) pin_year(t_.years.back(), "the latest in the data");
}

void Interpreter::show_years(std::size_t column) {
  if (t_.has_key && open_key({*t_.year}).empty()) return show_rows({column});
  finish_groups({*t_.year});
}

}  // namespace holdfast::text2sql
