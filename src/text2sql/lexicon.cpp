#include "text2sql/lexicon.hpp"

#include <algorithm>
#include <array>

namespace holdfast::text2sql {
namespace {

// A longer name is not looked for; titles of movies have up to 15 words.
constexpr std::size_t kMaxWords = 16;

constexpr std::array<std::string_view, 9> kPeople{"director", "author", "actor",    "artist",  "composer",
                                                  "writer",   "player", "employee", "customer"};

std::vector<std::string_view> split_at(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  for (auto at = text.find(separator); at != std::string_view::npos; at = text.find(separator)) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + separator.size());
  }
  parts.push_back(text);
  return parts;
}

// Other ways to say a value, besides the whole of it.
std::vector<std::string> parts_of(const std::string& value, bool people) {
  std::vector<std::string> out;
  if (const auto parts = split_at(value, "/"); parts.size() > 1) {
    for (const auto part : parts) out.push_back(phrase_of(part));
  }
  if (const auto parts = split_at(value, " - "); parts.size() == 2) {
    out.push_back(phrase_of(std::string(parts[1]) + " " + std::string(parts[0])));
  }
  if (people) {
    const auto words = split_words(value);
    if (words.size() >= 2 && words.back().stem.size() >= 3) out.push_back(words.back().stem);
  }
  return out;
}

}  // namespace

bool names_people(const Column& column) {
  return std::ranges::any_of(
      kPeople, [&](auto word) { return column.label == word || column.label.ends_with(" " + std::string(word)); });
}

Lexicon::Lexicon(const Table& table) {
  add(phrase_of(table.label), {MeaningKind::table, 0, {}, Extreme::none});
  for (const auto& synonym : table.synonyms) add(phrase_of(synonym), {MeaningKind::table, 0, {}, Extreme::none});
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const auto& column = table.columns[i];
    add(phrase_of(column.label), {MeaningKind::column, i, {}, Extreme::none});
    for (const auto& synonym : column.synonyms)
      add(phrase_of(synonym.text), {MeaningKind::column, i, {}, synonym.extreme});
    add_values(i, column);
  }
}

void Lexicon::add_values(std::size_t index, const Column& column) {
  const bool people = names_people(column);
  for (const auto& value : column.values) add(phrase_of(value), {MeaningKind::value, index, value, Extreme::none});
  for (const auto& synonym : column.value_synonyms) {
    add(phrase_of(synonym.text), {MeaningKind::value, index, synonym.value, Extreme::none});
  }
  // Parts come second: a whole name always wins over a part of another.
  std::unordered_map<std::string, std::vector<std::string>> parts;
  for (const auto& value : column.values) {
    for (auto& part : parts_of(value, people)) parts[part].push_back(value);
  }
  for (auto& [part, values] : parts) {
    const auto known = phrases_.find(part);
    const bool whole_name = known != phrases_.end() && std::ranges::any_of(known->second, [&](const Meaning& m) {
                              return m.kind == MeaningKind::value && m.column == index;
                            });
    if (whole_name) continue;
    std::ranges::sort(values);
    for (auto& value : values) add(part, {MeaningKind::value, index, std::move(value), Extreme::none});
  }
}

void Lexicon::add(const std::string& phrase, Meaning meaning) {
  const auto words = static_cast<std::size_t>(std::ranges::count(phrase, ' ')) + 1;
  if (phrase.empty() || words > kMaxWords) return;
  auto& meanings = phrases_[phrase];
  const bool known = std::ranges::any_of(meanings, [&](const Meaning& m) {
    return m.kind == meaning.kind && m.column == meaning.column && m.value == meaning.value;
  });
  if (known) return;
  meanings.push_back(std::move(meaning));
  longest_ = std::max(longest_, words);
}

std::optional<NameMatch> Lexicon::match(std::span<const Word> words) const {
  std::string phrase;
  std::optional<NameMatch> best;
  for (std::size_t i = 0; i < std::min(words.size(), longest_); ++i) {
    // A name does not reach across a quotation mark.
    if (words[i].quoted != words[0].quoted) break;
    if (i > 0) phrase += ' ';
    phrase += words[i].stem;
    const auto found = phrases_.find(phrase);
    if (found != phrases_.end()) best = NameMatch{&found->second, i + 1};
  }
  return best;
}

}  // namespace holdfast::text2sql
