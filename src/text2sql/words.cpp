#include "text2sql/words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/text.hpp"

namespace holdfast::text2sql {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 16> kNumberWords{{
    {"two", 2},
    {"three", 3},
    {"four", 4},
    {"five", 5},
    {"six", 6},
    {"seven", 7},
    {"eight", 8},
    {"nine", 9},
    {"ten", 10},
    {"eleven", 11},
    {"twelve", 12},
    {"fifteen", 15},
    {"twenty", 20},
    {"thirty", 30},
    {"fifty", 50},
    {"hundred", 100},
}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80U;
}
bool is_word_char(char c) { return is_digit(c) || is_letter(c); }

// "U.S." and "u.s.a.": single letters, each followed by a dot.
std::size_t acronym_end(std::string_view text, std::size_t at) {
  std::size_t end = at;
  std::size_t letters = 0;
  while (end + 1 < text.size() && is_letter(text[end]) && text[end + 1] == '.') {
    end += 2;
    ++letters;
  }
  if (end < text.size() && letters > 0 && is_letter(text[end]) &&
      (end + 1 == text.size() || !is_word_char(text[end + 1]))) {
    ++end;
    ++letters;
  }
  return letters >= 2 ? end : at;
}

// 1995, 1,000,000, 7.5: digits with thousands separators and one decimal point.
std::size_t number_end(std::string_view text, std::size_t at) {
  auto digits = [&](std::size_t from) {
    while (from < text.size() && is_digit(text[from])) ++from;
    return from;
  };
  std::size_t end = digits(at);
  while (end < text.size() && text[end] == ',' && digits(end + 1) == end + 4) end += 4;
  if (end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1])) end = digits(end + 1);
  return end;
}

std::optional<double> number_in(std::string_view token) {
  std::string digits;
  std::ranges::copy_if(token, std::back_inserter(digits), [](char c) { return c != ','; });
  double number = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (ec != std::errc()) return std::nullopt;
  const std::string_view rest(end, static_cast<std::size_t>(digits.data() + digits.size() - end));
  if (!rest.empty() && !(rest == "s" && number >= 1000)) return std::nullopt;
  return number;
}

Word make_word(std::string_view text, std::size_t begin, std::size_t end) {
  Word word;
  word.begin = begin;
  word.end = end;
  auto token = to_lower_ascii(text.substr(begin, end - begin));
  std::erase(token, '.');
  if (is_digit(token.front())) {
    word.number = number_in(to_lower_ascii(text.substr(begin, end - begin)));
    word.stem = std::move(token);
    return word;
  }
  for (const auto& [name, value] : kNumberWords) {
    if (token == name) word.number = value;
  }
  word.stem = stem(token);
  return word;
}

}  // namespace

std::string stem(std::string_view word) {
  std::string out(word);
  if (out.size() <= 3) return out;
  if (out.ends_with("sses") || out.ends_with("xes") || out.ends_with("ches") || out.ends_with("shes") ||
      out.ends_with("zes") || (out.ends_with("oes") && out.size() > 5)) {
    out.resize(out.size() - 2);
  } else if (out.ends_with('s') && !out.ends_with("ss") && !out.ends_with("us") && !out.ends_with("is")) {
    out.pop_back();
  }
  // "movies" and "countries" lose their s to "movie" and "countrie"; "movie" must meet them.
  if (out.ends_with("ie") && out.size() > 3) out.replace(out.size() - 2, 2, "y");
  return out;
}

std::vector<Word> split_words(std::string_view text) {
  std::vector<Word> words;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"' || text.substr(at).starts_with("“") || text.substr(at).starts_with("”")) {
      quoted = !quoted;
      at += text[at] == '"' ? 1 : 3;
      continue;
    }
    // Other typographic punctuation is not part of a word.
    if (text.substr(at).starts_with("\xE2\x80")) {
      at = std::min(at + 3, text.size());
      continue;
    }
    if (!is_word_char(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = acronym_end(text, at);
    if (end == at && is_digit(text[at])) end = number_end(text, at);
    while (end < text.size() && is_word_char(text[end]) && !text.substr(end).starts_with("\xE2\x80")) ++end;
    words.push_back(make_word(text, at, end));
    words.back().quoted = quoted;
    at = end;
    // The s of "Japan's" belongs to nobody.
    for (const std::string_view apostrophe : {"'", "’"}) {
      const auto rest = text.substr(at);
      if (!rest.starts_with(apostrophe)) continue;
      const auto tail = rest.substr(apostrophe.size());
      if (!tail.empty() && (tail[0] == 's' || tail[0] == 'S') && (tail.size() == 1 || !is_word_char(tail[1]))) {
        at += apostrophe.size() + 1;
      }
    }
  }
  return words;
}

std::string phrase_of(std::string_view text) {
  std::string phrase;
  for (const auto& word : split_words(text)) {
    if (!phrase.empty()) phrase += ' ';
    phrase += word.stem;
  }
  return phrase;
}

}  // namespace holdfast::text2sql
