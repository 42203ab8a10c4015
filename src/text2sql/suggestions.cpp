#include "text2sql/suggestions.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace holdfast::text2sql {
namespace {

// Trying a suggestion costs a query; a slow file must not delay an answer that is already there.
constexpr std::chrono::milliseconds kTimeToTry{400};

// A category with more values than this makes a list, not an overview.
constexpr std::size_t kFewValues = 40;

// The caller's stop, and a nearer deadline.
class Within final : public StopCheck {
 public:
  Within(StopCheck& outer, const Clock& clock, SteadyTime until) : outer_(outer), own_(clock, until) {}
  Result<void> check() override {
    if (auto outer = outer_.check(); !outer) return outer;
    return own_.check();
  }
  [[nodiscard]] SteadyTime deadline() const override { return std::min(outer_.deadline(), own_.deadline()); }

 private:
  StopCheck& outer_;
  DeadlineCheck own_;
};

std::optional<std::size_t> text_column(const Table& table, bool key) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto& column = table.columns[i];
    if (column.type != ColumnType::text || column.values.empty() || column.is_key != key) continue;
    if (!key && column.values.size() > kFewValues) continue;
    if (!best) best = i;
  }
  return best;
}

std::optional<std::size_t> figure_of(const Table& table) {
  if (table.main_measure) return table.main_measure;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (table.is_measure(i) && table.columns[i].label != "id" && !table.columns[i].label.ends_with(" id")) return i;
  }
  return std::nullopt;
}

void add(std::vector<std::string>& list, std::string text) {
  if (std::ranges::find(list, text) == list.end()) list.push_back(std::move(text));
}

std::string with_year(const Table& table, const std::optional<std::int64_t>& year) {
  return table.year && year ? fmt::format(" in {}", *year) : "";
}

std::optional<std::int64_t> year_of(const QueryForm& form) {
  if (!form.table->year || !form.pins(*form.table->year)) return std::nullopt;
  return std::get<std::int64_t>(form.filter_on(*form.table->year)->operands.front());
}

std::string with_year_replaced(std::string_view question, std::int64_t from, std::int64_t to) {
  std::string out(question);
  const auto old = fmt::to_string(from);
  const auto at = out.find(old);
  if (at == std::string::npos) return {};
  return out.replace(at, old.size(), fmt::to_string(to));
}

void add_years_beside(std::vector<std::string>& out, std::string_view question, const Interpretation& interpretation) {
  const auto& table = *interpretation.form->table;
  if (interpretation.missing_year) {
    for (const auto year : interpretation.missing_year->nearest) {
      add(out, with_year_replaced(question, interpretation.missing_year->asked, year));
    }
    return;
  }
  const auto year = year_of(*interpretation.form);
  if (!year) return;
  const auto at = std::ranges::find(table.years, *year);
  if (at == table.years.end()) return;
  const auto other = std::next(at) != table.years.end() ? *std::next(at)
                     : at != table.years.begin()        ? *std::prev(at)
                                                        : *year;
  if (other != *year) add(out, with_year_replaced(question, *year, other));
}

}  // namespace

std::vector<std::string> questions_near(std::string_view question, const Interpretation& interpretation) {
  std::vector<std::string> out;
  const auto& form = *interpretation.form;
  const auto& table = *form.table;
  add_years_beside(out, question, interpretation);
  const auto measure = form.measure && table.is_measure(*form.measure) ? form.measure : figure_of(table);
  if (!measure) return out;
  const auto label = figure_phrase(table.columns[*measure]);
  const auto year = year_of(form);
  for (const auto& filter : form.filters) {
    const auto& column = table.columns[filter.column];
    if (column.type != ColumnType::text || !form.pins(filter.column) || !column.is_key) continue;
    const auto& value = std::get<std::string>(filter.operands.front());
    if (table.year && table.years.size() > 1)
      add(out, fmt::format("How did the {} of {} change over time?", label, value));
    const auto at = std::ranges::find(column.values, value);
    if (at != column.values.end() && column.values.size() <= 300) {
      const auto& other = std::next(at) != column.values.end() ? *std::next(at) : column.values.front();
      add(out, fmt::format("Compare the {} of {} and {}{}", label, value, other, with_year(table, year)));
    }
    add(out, fmt::format("Which {} had the highest {}{}?", column.label, label, with_year(table, year)));
  }
  if (const auto category = text_column(table, false)) {
    add(out,
        fmt::format("What was the average {} by {}{}?", label, table.columns[*category].label, with_year(table, year)));
  }
  return out;
}

std::vector<std::string> questions_about(const Table& table) {
  std::vector<std::string> out;
  const auto measure = figure_of(table);
  const auto entity = text_column(table, true);
  const auto category = text_column(table, false);
  const auto year = table.years.empty() ? std::nullopt : std::optional(table.years.back());
  if (measure) {
    const auto label = figure_phrase(table.columns[*measure]);
    if (entity && table.columns[*entity].values.size() <= 300) {
      add(out, fmt::format("What was the {} of {}{}?", label, table.columns[*entity].values.front(),
                           with_year(table, year)));
    }
    if (entity)
      add(out,
          fmt::format("Which {} had the highest {}{}?", table.columns[*entity].label, label, with_year(table, year)));
    if (category)
      add(out, fmt::format("What was the average {} by {}{}?", label, table.columns[*category].label,
                           with_year(table, year)));
    if (table.year) add(out, fmt::format("Which year had the highest {}?", label));
    add(out, fmt::format("What was the average {} in {}?", label, table.label));
  }
  if (category) add(out, fmt::format("How many {} are there by {}?", table.label, table.columns[*category].label));
  add(out, fmt::format("How many {} are there?", table.label));
  return out;
}

bool Suggestions::has_answer(const std::string& question, StopCheck& stop) {
  const auto interpretation = grounding_.interpret_question(question);
  if (!interpretation || interpretation->missing_year) return false;
  const auto rows = database_.query(render_sql(*interpretation->form), stop);
  if (!rows || rows->rows.empty()) return false;
  const auto& first = rows->rows.front();
  return std::ranges::none_of(first, [](const json::value& cell) { return cell.is_null(); });
}

std::vector<std::string> Suggestions::pick(const std::string& question, const std::vector<std::string>& tables,
                                           const std::vector<std::string>& preferred, StopCheck& stop) {
  Within within(stop, clock_, clock_.steady() + kTimeToTry);
  std::vector<std::string> candidates;
  for (const auto& text : preferred) add(candidates, text);
  if (const auto interpretation = grounding_.interpret_question(question)) {
    for (auto& text : questions_near(question, *interpretation)) add(candidates, std::move(text));
  }
  for (const auto& name : tables) {
    const auto* table = grounding_.catalogue().find(name);
    if (table == nullptr) continue;
    for (auto& text : questions_about(*table)) add(candidates, std::move(text));
  }
  for (const auto& text : grounding_.catalogue().examples) add(candidates, text);
  for (const auto& table : grounding_.catalogue().tables) {
    if (candidates.size() > 40) break;
    for (auto& text : questions_about(table)) add(candidates, std::move(text));
  }
  std::vector<std::string> out;
  for (const auto& text : candidates) {
    if (out.size() == kSuggestions || !within.check()) break;
    if (!text.empty() && text != question && has_answer(text, within)) out.push_back(text);
  }
  return out;
}

std::vector<std::string> Suggestions::examples(StopCheck& stop) { return pick({}, {}, {}, stop); }

}  // namespace holdfast::text2sql
