#include "text2sql/reading.hpp"

#include <algorithm>
#include <span>

namespace holdfast::text2sql {
namespace {

// A column says more about which table is meant than a value, and a value more than a word for the table.
constexpr int kColumnScore = 4;
constexpr int kValueScore = 3;
constexpr int kTableScore = 2;
constexpr int kTitleScore = 1;

// More values than this are titles, which hold every word of the language: a weak sign of what is meant.
constexpr std::size_t kManyValues = 300;

// Up to this a column is a category.
constexpr std::size_t kFewValues = 50;

// A category first, then what the rows are about, then anything else: "Avatar" is a movie before it is a distributor.
const Meaning* preferred(const std::vector<Meaning>& meanings, const Table& table, bool quoted) {
  const Meaning* best = nullptr;
  auto rank = [&](const Meaning& m) {
    if (m.kind != MeaningKind::value) return m.kind == MeaningKind::column ? 1 : 5;
    if (quoted) return 0;
    const auto& column = table.columns[m.column];
    return column.values.size() <= kFewValues ? 2 : column.is_key ? 3 : 4;
  };
  for (const auto& meaning : meanings) {
    if (best == nullptr || rank(meaning) < rank(*best)) best = &meaning;
  }
  return best;
}

Span name_span(const std::vector<Meaning>& meanings, const Table& table, bool quoted) {
  const auto& best = *preferred(meanings, table, quoted);
  Span span;
  span.column = best.column;
  span.extreme = best.extreme;
  span.kind = best.kind == MeaningKind::table    ? SpanKind::table
              : best.kind == MeaningKind::column ? SpanKind::column
                                                 : SpanKind::value;
  for (const auto& meaning : meanings) {
    if (meaning.kind == MeaningKind::table) span.also_table = true;
    if (best.kind == MeaningKind::value && meaning.kind == MeaningKind::value && meaning.column == best.column) {
      span.values.push_back(meaning.value);
    }
  }
  return span;
}

Span number_span(const Word& word) {
  Span span;
  span.kind = SpanKind::number;
  span.number = *word.number;
  span.decade = word.stem.ends_with('s');
  return span;
}

bool only_numbers(std::span<const Word> words) {
  return std::ranges::all_of(words, [](const Word& w) { return w.number.has_value() && !w.quoted; });
}

// A word for a figure of several words says more than one word of it: "minimum temperature" than "temperature".
constexpr int kLongNameScore = 1;

bool is_scale(std::string_view stem) { return stem == "thousand" || stem == "million" || stem == "billion"; }

// "A billion" is a number too.
Span scale_span(std::string_view stem) {
  Span span;
  span.kind = SpanKind::number;
  span.number = stem == "thousand" ? 1e3 : stem == "million" ? 1e6 : 1e9;
  return span;
}

bool names_unit(const Table& table, std::string_view stem) {
  return std::ranges::any_of(table.columns, [&](const Column& column) {
    const auto words = split_words(column.unit);
    return std::ranges::any_of(words, [&](const Word& word) { return word.stem == stem; });
  });
}

// "Total amount" is one cue, unless the table has a column "amount": then it is "total" and the column.
std::optional<CueMatch> cue_before_column(std::span<const Word> words, const Table& table, const Lexicon& lexicon) {
  const auto cue = match_cue(words);
  // "Last year" and "over the years" are times of their own, also where there is a column "year".
  if (!cue || cue->cue == Cue::relative_time || cue->cue == Cue::change) return cue;
  for (std::size_t i = 1; i < cue->words; ++i) {
    const auto name = lexicon.match(words.subspan(i));
    if (!name || preferred(*name->meanings, table, false)->kind != MeaningKind::column) continue;
    if (const auto shorter = match_cue(words.first(i))) return shorter;
  }
  return cue;
}

int score_of(const Span& span, const Table& table) {
  switch (span.kind) {
    case SpanKind::column: return kColumnScore + (span.last - span.first > 1 ? kLongNameScore : 0);
    case SpanKind::value: return table.columns[span.column].values.size() > kManyValues ? kTitleScore : kValueScore;
    case SpanKind::table: return kTableScore;
    default: return 0;
  }
}

// "People" beside "killed" or "deaths" says only whom the figure counts.
void settle_unknown(Reading& reading, std::string_view question, const std::vector<Word>& words) {
  const auto& table = *reading.table;
  const bool counts_people = std::ranges::any_of(reading.spans, [&](const Span& s) {
    return s.kind == SpanKind::column && table.is_measure(s.column) && table.columns[s.column].counts_people();
  });
  for (auto& span : reading.spans) {
    if (span.kind != SpanKind::unknown) continue;
    const auto& word = words[span.first];
    if (counts_people && (word.stem == "people" || word.stem == "person")) {
      span.kind = SpanKind::cue;
      span.cue = Cue::filler;
    } else {
      reading.unknown.emplace_back(question.substr(word.begin, word.end - word.begin));
    }
  }
}

}  // namespace

bool Reading::mentions_anything() const {
  return std::ranges::any_of(spans, [](const Span& s) {
    return s.kind == SpanKind::column || s.kind == SpanKind::value || s.kind == SpanKind::table;
  });
}

Reading read_question(std::string_view question, const std::vector<Word>& words, const Table& table,
                      const Lexicon& lexicon) {
  Reading reading;
  reading.table = &table;
  for (std::size_t at = 0; at < words.size();) {
    const auto rest = std::span(words).subspan(at);
    auto name = lexicon.match(rest);
    // "300" and "2012" are titles of movies, but a bare number in a question is a number.
    if (name && only_numbers(rest.first(name->words))) name.reset();
    const auto cue = cue_before_column(rest, table, lexicon);
    // "Up" and "It" are titles too; without quotation marks they are the small words they look like.
    const bool small_word = name && cue && cue->words >= name->words &&
                            preferred(*name->meanings, table, false)->kind == MeaningKind::value;
    Span span;
    std::size_t length = 1;
    if (name && !small_word && (!cue || name->words >= cue->words)) {
      span = name_span(*name->meanings, table, rest[0].quoted);
      length = name->words;
    } else if (cue && is_scale(rest[0].stem) && (at == 0 || !(words[at - 1].number || is_scale(words[at - 1].stem)))) {
      span = scale_span(rest[0].stem);
    } else if (cue && !(rest[0].number && cue->words == 1)) {
      span.kind = SpanKind::cue;
      span.cue = cue->cue;
      length = cue->words;
    } else if (rest[0].number && !rest[0].quoted) {
      span = number_span(rest[0]);
    } else if (const auto month = table.month ? month_number(rest[0].stem) : std::nullopt) {
      span.kind = SpanKind::month;
      span.month = *month;
    } else if (at > 0 && (words[at - 1].number || is_scale(words[at - 1].stem)) && names_unit(table, rest[0].stem)) {
      // "180 minutes": the unit of a figure says nothing new.
      span.kind = SpanKind::cue;
      span.cue = Cue::filler;
    }
    span.first = at;
    span.last = at + length;
    reading.score += score_of(span, table);
    reading.spans.push_back(std::move(span));
    at += length;
  }
  settle_unknown(reading, question, words);
  return reading;
}

}  // namespace holdfast::text2sql
