#include "text2sql/mentions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace holdfast::text2sql {
namespace {

// "top 500" is as far as a list is read; a larger number means something else.
constexpr double kMostTop = 200;

// Words for a column that only say how it came about, as in "released in 2005" or "people lived".
bool is_verb(std::string_view stem) {
  constexpr std::array<std::string_view, 14> kVerbs{"live", "living", "direct",  "die",  "make", "made",   "earn",
                                                    "kill", "work",   "working", "come", "came", "employ", "did"};
  const auto first = stem.substr(0, stem.find(' '));
  return (first.size() > 4 && first.ends_with("ed")) || std::ranges::find(kVerbs, first) != kVerbs.end();
}

void add_once(std::vector<std::size_t>& list, std::size_t column) {
  if (std::ranges::find(list, column) == list.end()) list.push_back(column);
}

bool contains(const std::vector<std::size_t>& list, std::size_t column) {
  return std::ranges::find(list, column) != list.end();
}

class Collector {
 public:
  Collector(const Reading& reading, std::string_view question, const std::vector<Word>& words)
      : reading_(reading), spans_(reading.spans), question_(question), words_(words) {
    out_.table = reading.table;
  }

  Mentions collect() {
    for (at_ = 0; at_ < spans_.size() && out_.problem.empty(); ++at_) take(spans_[at_]);
    if (out_.problem.empty()) bind_comparisons();
    if (out_.problem.empty()) settle_judgement();
    if (out_.problem.empty()) ask_for_time();
    // A column whose value is named is not asked for: "the director James Cameron", "the year 1995".
    std::erase_if(out_.asked, [&](std::size_t column) {
      const auto* filter = out_.filter_on(column);
      return filter != nullptr && filter->comparison == Comparison::in && !out_.several_values();
    });
    std::erase_if(out_.weak_measures, [&](std::size_t column) { return contains(out_.measures, column); });
    return std::move(out_);
  }

 private:
  struct PendingComparison {
    Comparison comparison;
    std::vector<double> numbers;
    std::size_t position;
  };
  struct MeasureMention {
    std::size_t column;
    std::size_t position;
  };

  [[nodiscard]] const Table& table() const { return *reading_.table; }
  [[nodiscard]] std::string text_of(const Span& span) const {
    const auto begin = words_[span.first].begin;
    return std::string(question_.substr(begin, words_[span.last - 1].end - begin));
  }

  // The span before or after, past words that say nothing.
  [[nodiscard]] const Span* beside(std::size_t from, int step) const {
    for (auto i = static_cast<std::ptrdiff_t>(from) + step; i >= 0 && i < static_cast<std::ptrdiff_t>(spans_.size());
         i += step) {
      const auto& span = spans_[static_cast<std::size_t>(i)];
      if (span.kind != SpanKind::cue || span.cue != Cue::filler) return &span;
    }
    return nullptr;
  }
  [[nodiscard]] std::optional<Cue> cue_before(std::size_t from) const {
    const auto* span = beside(from, -1);
    if (span == nullptr || span->kind != SpanKind::cue) return std::nullopt;
    return span->cue;
  }

  void take(const Span& span) {
    switch (span.kind) {
      case SpanKind::cue: take_cue(span); return;
      case SpanKind::table: out_.table_named = true; return;
      case SpanKind::column: take_column(span); return;
      case SpanKind::value: take_value(span); return;
      case SpanKind::number: take_number(span); return;
      case SpanKind::month: add_operand(*table().month, std::int64_t{span.month}); return;
      case SpanKind::unknown: return;
    }
  }

  void take_cue(const Span& span) {
    const auto* next = beside(at_, +1);
    switch (span.cue) {
      case Cue::average: out_.average = true; return;
      case Cue::sum: out_.sum = true; return;
      case Cue::count:
        out_.count = true;
        if (next != nullptr) out_.counted = *next;
        return;
      case Cue::maximum:
      case Cue::higher:
        out_.extreme = Extreme::max;
        out_.compare = out_.compare || span.cue == Cue::higher;
        mark_most_rows(next);
        return;
      case Cue::minimum:
      case Cue::lower:
        out_.extreme = Extreme::min;
        out_.compare = out_.compare || span.cue == Cue::lower;
        mark_most_rows(next);
        return;
      case Cue::most_common: out_.most_common = true; return;
      case Cue::compare: out_.compare = true; return;
      case Cue::change: out_.change = true; return;
      case Cue::list: out_.list = true; return;
      case Cue::latest:
      case Cue::earliest: out_.latest = span.cue == Cue::latest; return take_time_end(span, next);
      case Cue::best: out_.judgement = Judgement::best; return;
      case Cue::worst: out_.judgement = Judgement::worst; return;
      case Cue::ranking: out_.ranking = true; return;
      case Cue::when: out_.when = true; return;
      case Cue::who: out_.who = true; return;
      case Cue::where: out_.where = true; return;
      case Cue::how_much: out_.how_much = true; return;
      case Cue::nowadays: out_.nowadays = true; return;
      case Cue::all_time: out_.all_time = true; return;
      case Cue::more_than:
      case Cue::at_least:
      case Cue::less_than:
      case Cue::at_most:
        // "higher than in France" compares two values; with a single one there is nothing to compare to.
        if (next == nullptr || next->kind != SpanKind::number) {
          out_.compare = true;
          if (span.cue == Cue::more_than) out_.extreme = Extreme::max;
          if (span.cue == Cue::less_than) out_.extreme = Extreme::min;
        }
        return;
      case Cue::between:
        if (next != nullptr && next->kind == SpanKind::value) out_.compare = true;
        return;
      default: return;
    }
  }

  // "The latest year" and "the latest population" are about years, "the first movie" about its day.
  void take_time_end(const Span& span, const Span* next) {
    const bool column_next = next != nullptr && next->kind == SpanKind::column;
    const bool year_next = column_next && next->column == table().year;
    const bool figures_by_year = table().year && table().columns[*table().year].is_key && !table().month;
    if (year_next || (column_next && table().is_measure(next->column) && figures_by_year)) {
      out_.time_end = TimeEnd::year;
    } else if (table().date() && table().has_things() && next != nullptr) {
      out_.time_end = TimeEnd::date;
    } else {
      out_.problem = fmt::format("I cannot tell what “{}” is said of.", text_of(span));
    }
  }

  // "Worst" is the highest number of deaths, but the lowest rating: the catalogue says which end of a figure is good.
  void settle_judgement() {
    if (out_.judgement == Judgement::none) return;
    std::vector<std::size_t> named = out_.measures;
    named.insert(named.end(), out_.weak_measures.begin(), out_.weak_measures.end());
    for (std::size_t i = 0; named.empty() && i < table().columns.size(); ++i) {
      // The only figure of a table is meant without being named.
      if (table().is_measure(i) && (table().main_measure == i) && only_measure(i)) named.push_back(i);
    }
    const auto better = named.empty() ? Extreme::none : table().columns[named.front()].better;
    if (better == Extreme::none) {
      out_.problem = fmt::format("I cannot tell by which figure, or which end of it, “{}” goes; say highest or lowest.",
                                 out_.judgement == Judgement::best ? "best" : "worst");
      return;
    }
    const bool high = (better == Extreme::max) == (out_.judgement == Judgement::best);
    out_.extreme = high ? Extreme::max : Extreme::min;
  }
  [[nodiscard]] bool only_measure(std::size_t column) const {
    for (std::size_t i = 0; i < table().columns.size(); ++i) {
      if (i != column && table().is_measure(i)) return false;
    }
    return true;
  }

  // "When did the life expectancy of Japan exceed 75": the year is asked for. Things have their day.
  void ask_for_time() {
    if (out_.when && table().year && !table().date() && out_.filter_on(*table().year) == nullptr)
      add_once(out_.asked, *table().year);
  }

  // "Most movies" and "most countries", but not "the longest movie" nor "the highest movie budget".
  void mark_most_rows(const Span* next) {
    if (next == nullptr) return;
    const auto& word = words_[spans_[at_].last - 1].stem;
    if (word != "most" && word != "fewest" && word != "of" && word != "more" && word != "fewer") return;
    if (next->kind == SpanKind::table || next->also_table) out_.most_rows = true;
    const bool other = next->kind == SpanKind::column && !next->also_table && !table().is_measure(next->column);
    if (other && next->extreme == Extreme::none) out_.most_of = next->column;
  }

  void take_column(const Span& span) {
    if (span.also_table) out_.table_named = true;
    if (span.extreme != Extreme::none) {
      out_.ranked_by = span.column;
      // "least populous": the small word decides; "deadliest" alone brings its own direction.
      if (out_.extreme == Extreme::none || cue_before(at_) != Cue::minimum) out_.extreme = span.extreme;
    }
    const bool verb = is_verb(words_[span.first].stem) || is_verb(text_of(span));
    if (table().is_measure(span.column)) {
      measure_mentions_.push_back({span.column, at_});
      out_.by_measure = out_.by_measure || cue_before(at_) == Cue::per;
      add_once(verb ? out_.weak_measures : out_.measures, span.column);
      return;
    }
    if (cue_before(at_) == Cue::per || (span.column == table().year && cue_before(at_) == Cue::change)) {
      add_once(out_.per, span.column);
      return;
    }
    // "The most movies" counts movies; it does not ask which.
    const auto before = cue_before(at_);
    const bool after_most = before == Cue::maximum || before == Cue::minimum;
    if (after_most && (out_.most_of == span.column || (out_.most_rows && span.also_table))) return;
    if (before == Cue::count && span.also_table) return;
    if (span.also_table) out_.row_word = span.column;
    add_once(verb ? out_.weak_asked : out_.asked, span.column);
  }

  void take_value(const Span& span) {
    if (span.values.size() > 1) {
      out_.ambiguous = text_of(span);
      out_.choices = span.values;
      out_.problem = fmt::format("“{}” can mean {}.", out_.ambiguous, fmt::join(span.values, " or "));
      return;
    }
    if (span.also_table) out_.table_named = true;
    add_operand(span.column, span.values.front());
  }

  void take_number(const Span& span) {
    double number = span.number;
    bool scaled = false;
    for (; at_ + 1 < spans_.size() && spans_[at_ + 1].kind == SpanKind::cue; ++at_) {
      const auto cue = spans_[at_ + 1].cue;
      if (cue != Cue::thousand && cue != Cue::million && cue != Cue::billion) break;
      number *= cue == Cue::thousand ? 1e3 : cue == Cue::million ? 1e6 : 1e9;
      scaled = true;
    }
    const auto position = static_cast<std::size_t>(&span - spans_.data());
    const auto before = cue_before(position);
    if (take_top(number, position, before)) return;
    const bool year = table().year && !scaled && number >= 1000 && number < 3000 && number == std::trunc(number);
    if (span.decade) {
      if (year) {
        const auto first = static_cast<std::int64_t>(number);
        return add_filter({*table().year, Comparison::between, {first, first + 9}});
      }
    } else if (year && !compares(before)) {
      return take_year(static_cast<std::int64_t>(number), position, before);
    } else if (take_comparison(number, position, before)) {
      return;
    } else if (take_key_number(number, position)) {
      return;
    }
    out_.problem = fmt::format("I cannot tell what {} refers to.", text_of(span));
  }

  // "more than 1990" is about a figure, "after 1990" about a year.
  static bool compares(std::optional<Cue> cue) {
    return cue == Cue::more_than || cue == Cue::at_least || cue == Cue::less_than || cue == Cue::at_most;
  }

  bool take_top(double number, std::size_t position, std::optional<Cue> before) {
    if (number < 1 || number > kMostTop || number != std::trunc(number)) return false;
    const auto* next = beside(position, +1);
    const bool superlative_next = next != nullptr && is_superlative(*next);
    const bool superlative_before =
        before == Cue::maximum || before == Cue::minimum || before == Cue::best || before == Cue::worst;
    // "Which 5 movies had the highest gross": the number counts what is asked for.
    const bool counts_next = next != nullptr && next->last - next->first >= 1 && counts_things(*next, position) &&
                             std::ranges::any_of(spans_, is_superlative);
    if (!superlative_next && !superlative_before && !counts_next) return false;
    out_.top = static_cast<std::size_t>(number);
    return true;
  }

  static bool is_superlative(const Span& span) {
    if (span.kind == SpanKind::column) return span.extreme != Extreme::none;
    return span.kind == SpanKind::cue &&
           (span.cue == Cue::maximum || span.cue == Cue::minimum || span.cue == Cue::most_common ||
            span.cue == Cue::best || span.cue == Cue::worst);
  }

  [[nodiscard]] bool counts_things(const Span& next, std::size_t position) const {
    if (position > 0 && spans_[position - 1].kind == SpanKind::column) return false;
    return next.kind == SpanKind::table || (next.kind == SpanKind::column && !table().is_measure(next.column));
  }

  void take_year(std::int64_t year, std::size_t position, std::optional<Cue> before) {
    const auto column = *table().year;
    if (auto* filter = filter_on(column); filter != nullptr && range_open_) {
      // The second end of "between 1990 and 2000" or "from 1990 to 2000".
      range_open_ = false;
      filter->comparison = Comparison::between;
      filter->operands.resize(1);
      filter->operands.emplace_back(year);
      if (std::get<std::int64_t>(filter->operands[0]) > year) std::swap(filter->operands[0], filter->operands[1]);
      return;
    }
    if (dash_before(position)) {
      auto* filter = filter_on(column);
      if (filter != nullptr && filter->comparison == Comparison::in && filter->operands.size() == 1) {
        filter->comparison = Comparison::between;
        filter->operands.emplace_back(year);
        return;
      }
    }
    const bool second_end = before == Cue::until && filter_on(column) != nullptr;
    if (second_end) {
      auto* filter = filter_on(column);
      filter->comparison = Comparison::between;
      filter->operands.emplace_back(year);
      return;
    }
    if (before == Cue::between || (before == Cue::from && another_year_after(position))) {
      range_open_ = true;
      return add_filter({column, Comparison::at_least, {year}});
    }
    if (before == Cue::since || before == Cue::from) return add_filter({column, Comparison::at_least, {year}});
    if (before == Cue::after) return add_filter({column, Comparison::more, {year}});
    if (before == Cue::before) return add_filter({column, Comparison::less, {year}});
    if (before == Cue::until) return add_filter({column, Comparison::at_most, {year}});
    add_operand(column, year);
  }

  [[nodiscard]] bool another_year_after(std::size_t position) const {
    const auto* next = beside(position, +1);
    return next != nullptr && next->kind == SpanKind::number;
  }

  [[nodiscard]] bool dash_before(std::size_t position) const {
    if (position == 0 || spans_[position - 1].kind != SpanKind::number) return false;
    const auto from = words_[spans_[position - 1].last - 1].end;
    const auto gap = question_.substr(from, words_[spans_[position].first].begin - from);
    return gap.find('-') != std::string_view::npos || gap.find("–") != std::string_view::npos;
  }

  bool take_comparison(double number, std::size_t position, std::optional<Cue> before) {
    if (!pending_.empty() && pending_.back().comparison == Comparison::between && pending_.back().numbers.size() == 1) {
      pending_.back().numbers.push_back(number);
      return true;
    }
    auto pend = [&](Comparison comparison) {
      pending_.push_back({comparison, {number}, position});
      return true;
    };
    if (before == Cue::more_than) return pend(Comparison::more);
    if (before == Cue::at_least) return pend(Comparison::at_least);
    if (before == Cue::less_than) return pend(Comparison::less);
    if (before == Cue::at_most) return pend(Comparison::at_most);
    if (before == Cue::between && another_year_after(position)) return pend(Comparison::between);
    return false;
  }

  // "age 20", "month 3": a number right after the name of a numeric column of the key.
  bool take_key_number(double number, std::size_t position) {
    const auto* before = beside(position, -1);
    if (before == nullptr || before->kind != SpanKind::column) return false;
    const auto& column = table().columns[before->column];
    if (column.type == ColumnType::text || table().is_measure(before->column) || number != std::trunc(number))
      return false;
    add_operand(before->column, static_cast<std::int64_t>(number));
    return true;
  }

  // A comparison is about the measure named last before it, else about the first named after it.
  void bind_comparisons() {
    for (const auto& pending : pending_) {
      const MeasureMention* bound = nullptr;
      for (const auto& mention : measure_mentions_) {
        if (mention.position < pending.position || bound == nullptr) bound = &mention;
      }
      if (bound == nullptr || !measure_is_free(bound->column)) {
        out_.problem = "I cannot tell which figure the number is compared with.";
        return;
      }
      Filter filter{bound->column, pending.comparison, {}};
      for (const double number : pending.numbers) {
        if (number == std::trunc(number) && std::abs(number) < 9e15) {
          filter.operands.emplace_back(static_cast<std::int64_t>(number));
        } else {
          filter.operands.emplace_back(number);
        }
      }
      if (filter.comparison == Comparison::between && filter.operands.size() != 2) {
        out_.problem = "I cannot tell where the range ends.";
        return;
      }
      add_filter(std::move(filter));
    }
  }

  // "How many people over 65" is not about more than 65 people.
  [[nodiscard]] bool measure_is_free(std::size_t column) const {
    return !(out_.counted && out_.counted->kind == SpanKind::column && out_.counted->column == column);
  }

  Filter* filter_on(std::size_t column) {
    const auto found = std::ranges::find(out_.filters, column, &Filter::column);
    return found == out_.filters.end() ? nullptr : &*found;
  }

  void add_operand(std::size_t column, Operand operand) {
    auto* filter = filter_on(column);
    if (filter == nullptr) {
      out_.filters.push_back({column, Comparison::in, {std::move(operand)}});
    } else if (filter->comparison != Comparison::in) {
      out_.problem = fmt::format("There are two different conditions on {}.", table().columns[column].label);
    } else if (std::ranges::find(filter->operands, operand) == filter->operands.end()) {
      filter->operands.push_back(std::move(operand));
    }
  }

  void add_filter(Filter filter) {
    auto* known = filter_on(filter.column);
    if (known == nullptr) {
      out_.filters.push_back(std::move(filter));
      return;
    }
    // "after 1980 and before 1990".
    const bool lower = known->comparison == Comparison::more || known->comparison == Comparison::at_least;
    const bool upper = filter.comparison == Comparison::less || filter.comparison == Comparison::at_most;
    if (lower && upper) {
      out_.filters.push_back(std::move(filter));
    } else {
      out_.problem = fmt::format("There are two different conditions on {}.", table().columns[filter.column].label);
    }
  }

  const Reading& reading_;
  const std::vector<Span>& spans_;
  std::string_view question_;
  const std::vector<Word>& words_;
  Mentions out_;
  std::size_t at_ = 0;
  bool range_open_ = false;
  std::vector<PendingComparison> pending_;
  std::vector<MeasureMention> measure_mentions_;
};

}  // namespace

const Filter* Mentions::filter_on(std::size_t column) const {
  const auto found = std::ranges::find(filters, column, &Filter::column);
  return found == filters.end() ? nullptr : &*found;
}

bool Mentions::has_measure_filter() const {
  return std::ranges::any_of(filters, [&](const Filter& f) { return table->is_measure(f.column); });
}

bool Mentions::several_values() const {
  return std::ranges::any_of(filters,
                             [](const Filter& f) { return f.comparison == Comparison::in && f.operands.size() > 1; });
}

Mentions collect_mentions(const Reading& reading, std::string_view question, const std::vector<Word>& words) {
  return Collector(reading, question, words).collect();
}

}  // namespace holdfast::text2sql
