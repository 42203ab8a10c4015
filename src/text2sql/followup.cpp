#include "text2sql/followup.hpp"

#include <algorithm>
#include <array>
#include <cmath>

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

std::vector<Piece> pieces_of(const ReadQuestion& question) {
  std::vector<Piece> out;
  for (const auto& span : question.reading.spans) {
    const auto role = role_of(span, *question.reading.table);
    if (role == Role::none) continue;
    out.push_back({role, span.column, question.words[span.first].begin, question.words[span.last - 1].end});
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

std::string_view linking_word(Role role) { return role == Role::year || role == Role::month ? " in " : " for "; }

}  // namespace

bool opens_like_followup(const std::vector<Word>& words) {
  constexpr std::array<std::string_view, 5> kFirst{"and", "or", "also", "same", "then"};
  if (std::ranges::find(kFirst, words.front().stem) != kFirst.end()) return true;
  return words.size() >= 2 && words[1].stem == "about" && (words[0].stem == "what" || words[0].stem == "how");
}

std::optional<std::string> merge_followup(const ReadQuestion& now, const ReadQuestion& before) {
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
    const auto text = std::string(stretch(now.text, alike(fresh, piece)));
    const auto target = alike(old, piece);
    if (target.empty()) {
      added += std::string(linking_word(piece.role)) + text;
    } else {
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
