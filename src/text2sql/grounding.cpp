#include "text2sql/grounding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include "text2sql/followup.hpp"

namespace holdfast::text2sql {
namespace {

// A reading that leads nowhere gives way to one that is a little worse and leads somewhere.
constexpr int kMissingYearPenalty = 3;
// A table whose years end decades away is hardly the one that is meant.
constexpr int kFarYearPenalty = 2;
constexpr std::int64_t kFarYears = 20;
constexpr int kProblemPenalty = 1;

// Of two equal readings the one that finds its rows without adding anything up is the plainer.
std::pair<int, bool> weight(const Interpretation& interpretation) {
  if (!interpretation.form) return {interpretation.score - kProblemPenalty, false};
  int penalty = 0;
  if (const auto& missing = interpretation.missing_year) {
    const bool far =
        std::ranges::none_of(missing->nearest, [&](auto year) { return std::abs(year - missing->asked) <= kFarYears; });
    penalty = kMissingYearPenalty + (far ? kFarYearPenalty : 0);
  }
  return {interpretation.score - penalty, interpretation.form->shape == Shape::rows};
}

// "what data do you have", "what can I ask", "help".
bool asks_for_tables(const std::vector<Word>& words) {
  constexpr std::array<std::string_view, 27> kMeta{"what",  "which",     "data", "table", "dataset", "can",     "i",
                                                   "ask",   "help",      "you",  "do",    "have",    "is",      "are",
                                                   "there", "the",       "me",   "about", "show",    "list",    "here",
                                                   "in",    "available", "know", "tell",  "all",     "question"};
  constexpr std::array<std::string_view, 6> kNeeded{"data", "table", "dataset", "ask", "help", "know"};
  auto among = [](const auto& list, const Word& word) { return std::ranges::find(list, word.stem) != list.end(); };
  return std::ranges::all_of(words, [&](const Word& w) { return among(kMeta, w); }) &&
         std::ranges::any_of(words, [&](const Word& w) { return among(kNeeded, w); });
}

std::string measures_of(const Table& table) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < table.columns.size(); ++i) names.push_back(table.columns[i].label);
  return fmt::format("{}", fmt::join(names, ", "));
}

// What the table has to say about a value that the question names.
std::vector<std::string> questions_about_named(const Reading& reading) {
  const auto& table = *reading.table;
  const auto named = std::ranges::find_if(reading.spans, [&](const Span& s) {
    return s.kind == SpanKind::value && table.columns[s.column].is_key && s.values.size() == 1;
  });
  std::vector<std::string> out;
  if (named == reading.spans.end()) return out;
  for (std::size_t i = 0; i < table.columns.size() && out.size() < 3; ++i) {
    if (!table.is_measure(i)) continue;
    auto text = fmt::format("What was the {} of {}", figure_phrase(table.columns[i]), named->values.front());
    if (!table.years.empty() && table.columns[*table.year].is_key) text += fmt::format(" in {}", table.years.back());
    out.push_back(text + "?");
  }
  return out;
}

// "France and Spain in 1990": values and years, and nothing that says what about them.
bool only_names(const Reading& reading) {
  return std::ranges::all_of(reading.spans, [](const Span& s) {
    return s.kind == SpanKind::value || s.kind == SpanKind::number || s.kind == SpanKind::month ||
           (s.kind == SpanKind::cue && s.cue == Cue::filler);
  });
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  const auto at = out.find(from);
  if (at != std::string::npos) out.replace(at, from.size(), to);
  return out;
}

}  // namespace

Grounding::Grounding(const Catalogue& catalogue) : catalogue_(catalogue) {
  for (const auto& table : catalogue.tables) lexicons_.emplace_back(table);
}

std::vector<Reading> Grounding::readings(std::string_view question, const std::vector<Word>& words) const {
  std::vector<Reading> out;
  for (std::size_t i = 0; i < lexicons_.size(); ++i) {
    out.push_back(read_question(question, words, catalogue_.tables[i], lexicons_[i]));
  }
  return out;
}

std::expected<Interpretation, Decline> Grounding::interpret_question(std::string_view question) const {
  const auto words = split_words(question);
  if (words.empty()) return std::unexpected(Decline{"There is no question here.", {}, nullptr});
  if (asks_for_tables(words)) return std::unexpected(Decline{describe(), {}, nullptr});
  const auto all = readings(question, words);
  std::optional<Interpretation> best;
  const Table* best_table = nullptr;
  for (const auto& reading : all) {
    if (!reading.unknown.empty() || !reading.mentions_anything()) continue;
    auto interpretation = interpret(reading, question, words);
    if (interpretation.form && opens_like_followup(words) && only_names(reading)) {
      interpretation.form.reset();
      interpretation.problem = "I cannot tell what is asked about that; there is no question before it that it fits.";
    }
    if (best && weight(interpretation) <= weight(*best)) continue;
    best = std::move(interpretation);
    best_table = reading.table;
  }
  if (!best) return std::unexpected(decline_unknown(all));
  if (!best->form) return std::unexpected(decline_problem(*best, *best_table, question));
  return std::move(*best);
}

Decline Grounding::decline_unknown(const std::vector<Reading>& all) const {
  // The table that explains most, with the fewest words left over.
  const auto nearest = std::ranges::max_element(
      all, {}, [](const Reading& r) { return std::pair{r.score, -static_cast<int>(r.unknown.size())}; });
  if (nearest == all.end() || nearest->score == 0) {
    return {"I cannot answer that from this data: nothing in the question names one of its tables, columns or values.",
            {},
            nullptr};
  }
  std::vector<std::string> words;
  std::set<std::string> seen;
  for (const auto& word : nearest->unknown) {
    if (seen.insert(word).second && words.size() < 5) words.push_back("“" + word + "”");
  }
  if (words.empty()) {
    return {
        "I cannot answer that from this data: the question names none of its tables, columns or values.", {}, nullptr};
  }
  const auto& table = *nearest->table;
  return {fmt::format("I cannot answer that from this data: I do not know what {} {} here. The table {} has {}.",
                      fmt::join(words, ", "), words.size() == 1 ? "means" : "mean", table.name, measures_of(table)),
          questions_about_named(*nearest), &table};
}

Decline Grounding::decline_problem(const Interpretation& interpretation, const Table& table,
                                   std::string_view question) const {
  Decline out{interpretation.problem.empty() ? "I cannot tell what is asked for." : interpretation.problem, {}, &table};
  for (const auto& choice : interpretation.choices) {
    if (out.suggestions.size() < 3) out.suggestions.push_back(replaced(question, interpretation.ambiguous, choice));
  }
  if (!out.suggestions.empty()) out.text += " Which one do you mean?";
  return out;
}

std::string Grounding::complete(std::string_view question, std::string_view earlier) const {
  const auto words = split_words(question);
  const auto earlier_words = split_words(earlier);
  if (words.empty() || earlier_words.empty()) return std::string(question);
  const auto alone = interpret_question(question);
  if (alone && !opens_like_followup(words)) {
    const auto table = static_cast<std::size_t>(alone->form->table - catalogue_.tables.data());
    if (!only_names(read_question(question, words, catalogue_.tables[table], lexicons_[table])))
      return std::string(question);
  }
  std::string best(question);
  int best_score = -1;
  for (std::size_t i = 0; i < lexicons_.size(); ++i) {
    const auto& table = catalogue_.tables[i];
    const auto now = read_question(question, words, table, lexicons_[i]);
    const auto before = read_question(earlier, earlier_words, table, lexicons_[i]);
    if (!before.unknown.empty() || !now.unknown.empty() || before.score <= best_score) continue;
    const ReadQuestion later{question, words, now};
    const ReadQuestion former{earlier, earlier_words, before};
    for (const auto complete_by : {merge_followup, add_grouping, resolve_pronoun, carry_time}) {
      // Only a question that can stand alone is carried to another time.
      if (complete_by == carry_time && !(alone && alone->form->table == &table)) continue;
      auto merged = complete_by(later, former);
      if (!merged || !interpret_question(*merged)) continue;
      best = std::move(*merged);
      best_score = before.score;
      break;
    }
  }
  return best;
}

std::string Grounding::describe() const {
  std::string text = fmt::format("The data has {} tables:", catalogue_.tables.size());
  for (const auto& table : catalogue_.tables) {
    text += fmt::format("\n- {}: {}", table.name, table.description.empty() ? measures_of(table) : table.description);
    if (text.size() > 4000) {
      text += "\n- and more";
      break;
    }
  }
  return text;
}

}  // namespace holdfast::text2sql
