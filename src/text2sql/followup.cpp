#include "text2sql/followup.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.hpp"

namespace holdfast::text2sql {
namespace {

// What a span stands for, so that like replaces like.
enum class Role : unsigned char { none, value, measure, year, month };

struct Piece {
  Role role = Role::none;
  std::size_t column = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};

Role role_of(const Span& span, const Table& table) {
  switch (span.kind) {
    case SpanKind::value: return Role::value;
    case SpanKind::month: return Role::month;
    case SpanKind::column:
      return table.is_measure(span.column) && span.extreme == Extreme::none ? Role::measure : Role::none;
    case SpanKind::number:
      return table.year && span.number >= 1000 && span.number < 3000 && span.number == std::trunc(span.number)
                 ? Role::year
                 : Role::none;
    default: return Role::none;
  }
}

// "Since", "in the": what stands before a year and goes with it.
bool leads_to_year(const Span& span, const std::vector<Word>& words) {
  if (span.kind != SpanKind::cue) return false;
  switch (span.cue) {
    case Cue::since:
    case Cue::after:
    case Cue::before:
    case Cue::from:
    case Cue::until:
    case Cue::between: return true;
    case Cue::filler: {
      constexpr std::array<std::string_view, 4> kIn{"in", "during", "the", "year"};
      return std::all_of(words.begin() + static_cast<std::ptrdiff_t>(span.first),
                         words.begin() + static_cast<std::ptrdiff_t>(span.last),
                         [&](const Word& w) { return std::ranges::find(kIn, w.stem) != kIn.end(); });
    }
    default: return false;
  }
}

std::vector<Piece> pieces_of(const ReadQuestion& question) {
  std::vector<Piece> out;
  const auto& spans = question.reading.spans;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const auto role = role_of(spans[i], *question.reading.table);
    if (role == Role::none) continue;
    auto first = i;
    while (role == Role::year && first > 0 && leads_to_year(spans[first - 1], question.words)) --first;
    const auto& words = question.words;
    std::size_t begin = words[spans[first].first].begin;
    std::size_t end = words[spans[i].last - 1].end;
    // The quotation marks of a title belong to it.
    if (words[spans[i].first].quoted && begin > 0 && question.text[begin - 1] == '"') --begin;
    if (words[spans[i].first].quoted && end < question.text.size() && question.text[end] == '"') ++end;
    out.push_back({role, spans[i].column, begin, end});
  }
  return out;
}

bool same_kind(const Piece& a, const Piece& b) {
  if (a.role != b.role) return false;
  return a.role != Role::value || a.column == b.column;
}

// The text from the first to the last of the pieces: "France and Spain", "1990 to 2000".
std::string_view stretch(std::string_view text, const std::vector<Piece>& pieces) {
  return text.substr(pieces.front().begin, pieces.back().end - pieces.front().begin);
}

std::vector<Piece> alike(const std::vector<Piece>& pieces, const Piece& model) {
  std::vector<Piece> out;
  std::ranges::copy_if(pieces, std::back_inserter(out), [&](const Piece& p) { return same_kind(p, model); });
  return out;
}

// Without its question mark and trailing space, so that something can be added.
std::string_view stripped(std::string_view text) {
  while (!text.empty() && (text.back() == '?' || text.back() == '.' || text.back() == ' ' || text.back() == '!'))
    text.remove_suffix(1);
  return text;
}

bool starts_with_number(std::string_view text) { return !text.empty() && text[0] >= '0' && text[0] <= '9'; }

std::string_view linking_word(Role role, std::string_view text) {
  if (role == Role::year) return starts_with_number(text) || text.starts_with("the ") ? " in " : " ";
  return role == Role::month ? " in " : " for ";
}

bool is_range(Cue cue) {
  return cue == Cue::since || cue == Cue::after || cue == Cue::before || cue == Cue::from || cue == Cue::until ||
         cue == Cue::between;
}

// Whether the earlier question says this too; what it does not say cannot be taken into its frame.
bool said_before(const Span& span, const Reading& before) {
  return std::ranges::any_of(before.spans, [&](const Span& old) {
    if (old.kind != span.kind) return false;
    if (span.kind == SpanKind::cue) return old.cue == span.cue;
    return span.kind == SpanKind::table || old.column == span.column;
  });
}

bool fits_frame(const ReadQuestion& now, const ReadQuestion& before) {
  return std::ranges::all_of(now.reading.spans, [&](const Span& span) {
    if (role_of(span, *now.reading.table) != Role::none) return true;
    if (span.kind == SpanKind::cue && (span.cue == Cue::filler || is_range(span.cue))) return true;
    return said_before(span, before.reading);
  });
}

// What the earlier question narrows and this one does not: time, and values of other columns.
std::string carried(const std::vector<Piece>& fresh, const std::vector<Piece>& old, const Piece* taken,
                    std::string_view earlier) {
  std::string added;
  std::vector<Piece> done;
  for (const auto& piece : old) {
    auto same = [&](const Piece& other) { return same_kind(other, piece); };
    if (piece.role == Role::measure || std::ranges::any_of(fresh, same) || std::ranges::any_of(done, same)) continue;
    if (taken != nullptr && same_kind(*taken, piece)) continue;
    done.push_back(piece);
    const auto text = stretch(earlier, alike(old, piece));
    added += std::string(linking_word(piece.role, text)) + std::string(text);
  }
  return added;
}

struct Pronoun {
  std::string_view word;
  bool person;
  bool possessive;
};
constexpr std::array<Pronoun, 10> kPronouns{{{"it", false, false},
                                             {"its", false, true},
                                             {"they", false, false},
                                             {"them", false, false},
                                             {"their", false, true},
                                             {"he", true, false},
                                             {"him", true, false},
                                             {"his", true, true},
                                             {"she", true, false},
                                             {"her", true, true}}};

}  // namespace

bool opens_like_followup(const std::vector<Word>& words) {
  constexpr std::array<std::string_view, 5> kFirst{"and", "or", "also", "same", "then"};
  if (std::ranges::find(kFirst, words.front().stem) != kFirst.end()) return true;
  return words.size() >= 2 && words[1].stem == "about" && (words[0].stem == "what" || words[0].stem == "how");
}

std::optional<std::string> add_grouping(const ReadQuestion& now, const ReadQuestion& before) {
  const auto& spans = now.reading.spans;
  auto is_per = [](const Span& s) { return s.kind == SpanKind::cue && s.cue == Cue::per; };
  const auto per = std::ranges::find_if(spans, is_per);
  if (per == spans.end() || std::ranges::any_of(before.reading.spans, is_per)) return std::nullopt;
  const bool opened =
      std::all_of(spans.begin(), per, [](const Span& s) { return s.kind == SpanKind::cue && s.cue == Cue::filler; });
  const bool columns = per + 1 != spans.end() && std::all_of(per + 1, spans.end(), [&](const Span& s) {
                         return s.kind == SpanKind::column && !now.reading.table->is_measure(s.column);
                       });
  if (!opened || !columns) return std::nullopt;
  const auto begin = now.words[per->first].begin;
  const auto text = now.text.substr(begin, now.words[spans.back().last - 1].end - begin);
  return std::string(stripped(before.text)) + " " + std::string(text) + (before.text.ends_with('?') ? "?" : "");
}

std::optional<std::string> resolve_pronoun(const ReadQuestion& now, const ReadQuestion& before) {
  const auto& table = *now.reading.table;
  const auto old = pieces_of(before);
  std::vector<Piece> named;
  std::ranges::copy_if(old, std::back_inserter(named), [&](const Piece& p) {
    return p.role == Role::value && (table.columns[p.column].is_key || names_people(table.columns[p.column]));
  });
  if (named.size() != 1) return std::nullopt;
  const auto& referent = named.front();
  const auto value = std::string(before.text.substr(referent.begin, referent.end - referent.begin));
  std::string text(now.text);
  bool replaced = false;
  for (auto span = now.reading.spans.rbegin(); span != now.reading.spans.rend(); ++span) {
    if (span->kind != SpanKind::cue || span->cue != Cue::pronoun) continue;
    const auto begin = now.words[span->first].begin;
    const auto end = now.words[span->last - 1].end;
    const auto written = to_lower_ascii(now.text.substr(begin, end - begin));
    const auto known = std::ranges::find(kPronouns, std::string_view(written), &Pronoun::word);
    // "He" is a person; "this" and "the one" may be anything.
    if (known == kPronouns.end() || (known->person && !names_people(table.columns[referent.column])))
      return std::nullopt;
    text.replace(begin, end - begin, value + (known->possessive ? "'s" : ""));
    replaced = true;
  }
  if (!replaced) return std::nullopt;
  const auto fresh = pieces_of(now);
  auto added = carried(fresh, old, &referent, before.text);
  // "Compare it with India" compares what was asked before.
  const bool compares = std::ranges::any_of(now.reading.spans, [](const Span& s) { return s.cue == Cue::compare; });
  for (const auto& piece : old) {
    if (!compares || piece.role != Role::measure) continue;
    added += " for " + std::string(before.text.substr(piece.begin, piece.end - piece.begin));
    break;
  }
  return std::string(stripped(text)) + added + (now.text.ends_with('?') ? "?" : "");
}

std::optional<std::string> carry_time(const ReadQuestion& now, const ReadQuestion& before) {
  auto old = pieces_of(before);
  std::erase_if(old, [](const Piece& p) { return p.role != Role::year && p.role != Role::month; });
  const auto fresh = pieces_of(now);
  if (old.empty() || std::ranges::any_of(fresh, [](const Piece& p) { return p.role == Role::year; }))
    return std::nullopt;
  const auto added = carried(fresh, old, nullptr, before.text);
  return std::string(stripped(now.text)) + added + (now.text.ends_with('?') ? "?" : "");
}

std::optional<std::string> merge_followup(const ReadQuestion& now, const ReadQuestion& before) {
  if (!fits_frame(now, before)) return std::nullopt;
  const auto fresh = pieces_of(now);
  const auto old = pieces_of(before);
  if (fresh.empty() || old.empty()) return std::nullopt;
  struct Edit {
    std::size_t begin;
    std::size_t end;
    std::string text;
  };
  std::vector<Edit> edits;
  std::string added;
  std::vector<Piece> done;
  for (const auto& piece : fresh) {
    if (std::ranges::any_of(done, [&](const Piece& d) { return same_kind(d, piece); })) continue;
    done.push_back(piece);
    auto text = std::string(stretch(now.text, alike(fresh, piece)));
    const auto target = alike(old, piece);
    if (target.empty()) {
      added += std::string(linking_word(piece.role, text)) + text;
    } else {
      // "In 1995" and "since 1980" are replaced with their small word; a bare year gets one.
      const bool bare = piece.role == Role::year && !starts_with_number(stretch(before.text, target)) &&
                        linking_word(piece.role, text) == " in ";
      if (bare) text = "in " + text;
      edits.push_back({target.front().begin, target.back().end, text});
    }
  }
  // Back to front, so that the places stay right.
  std::ranges::sort(edits, std::ranges::greater{}, &Edit::begin);
  std::string merged(before.text);
  for (std::size_t i = 0; i < edits.size(); ++i) {
    if (i > 0 && edits[i].end > edits[i - 1].begin) return std::nullopt;
    merged.replace(edits[i].begin, edits[i].end - edits[i].begin, edits[i].text);
  }
  if (added.empty()) return merged;
  const bool question = before.text.ends_with('?');
  return std::string(stripped(merged)) + added + (question ? "?" : "");
}

}  // namespace holdfast::text2sql
