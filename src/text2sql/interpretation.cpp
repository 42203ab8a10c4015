#include "text2sql/interpretation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "text2sql/accounting.hpp"
#include "text2sql/interpreter.hpp"
#include "text2sql/word_patterns.hpp"

namespace holdfast::text2sql {

void Interpreter::run() {
  form_.table = &t_;
  form_.filters = m_.filters;
  if (find_missing_year()) return;
  choose();
  if (out_.problem.empty()) out_.problem = left_out(m_, form_);
  if (!out_.problem.empty()) return;
  out_.form = std::move(form_);
}

void Interpreter::problem(std::string text) { out_.problem = std::move(text); }

void Interpreter::choose() {
  if (m_.average && m_.sum) return problem("I cannot tell whether the total or the average is asked for.");
  if (m_.average && m_.count) return problem("I cannot work out averages of counts.");
  if ((m_.average || m_.sum) && m_.has_measure_filter() && !m_.compare) {
    return problem("I cannot apply a condition on a figure to a total or an average.");
  }
  if (m_.time_end == TimeEnd::date) return choose_by_date();
  if (!m_.per.empty() && (m_.extreme != Extreme::none || m_.top || m_.most_common) && !m_.compare) {
    return problem("I cannot find the highest or lowest of each group.");
  }
  if (m_.change && (m_.extreme != Extreme::none || m_.top || m_.how_much || m_.has_measure_filter())) {
    return problem("I can show a figure over the years, but not work out how much it changed.");
  }
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

namespace {

// "Per year?" fits every table with years, so it is about none.
bool only_times(const Reading& reading) {
  const auto& table = *reading.table;
  return std::ranges::none_of(reading.spans, [&](const Span& s) {
    if (s.kind == SpanKind::column) return s.column != table.year && s.column != table.month;
    return s.kind == SpanKind::value || s.kind == SpanKind::table;
  });
}

}  // namespace

Interpretation interpret(const Reading& reading, std::string_view question, const std::vector<Word>& words) {
  Interpretation out;
  out.score = reading.score;
  if (!reading.unknown.empty() || !reading.mentions_anything()) return out;
  if (only_times(reading)) {
    out.problem = "I cannot tell what is asked about: the question names only a time.";
    return out;
  }
  out.problem = pattern_problem(reading, question, words);
  if (!out.problem.empty()) return out;
  const auto mentions = collect_mentions(reading, question, words);
  out.problem = mentions.problem;
  out.choices = mentions.choices;
  out.ambiguous = mentions.ambiguous;
  if (out.problem.empty()) Interpreter(mentions, out).run();
  return out;
}

}  // namespace holdfast::text2sql
