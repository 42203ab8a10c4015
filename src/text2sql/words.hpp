/// A question as words: lower case, singular, each with its place in the text. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::text2sql {

struct Word {
  std::string stem;       ///< Lower case (ASCII), singular; "1990s" stays as it is.
  std::size_t begin = 0;  ///< Bytes in the text, end exclusive.
  std::size_t end = 0;
  std::optional<double> number;  ///< 1995, "1,000", 7.5, "five"; 1990 for "1990s".
  bool quoted = false;           ///< Inside double quotes.
};

/// Splits at everything that is not a letter, a digit or a byte above ASCII. "U.S." is one word, "Japan's" is "japan".
[[nodiscard]] std::vector<Word> split_words(std::string_view text);

/// The singular, roughly: what matters is that both forms of a word give the same stem.
[[nodiscard]] std::string stem(std::string_view lower_case_word);

/// The stems of `text`, separated by single spaces: the form in which names are looked up.
[[nodiscard]] std::string phrase_of(std::string_view text);

}  // namespace holdfast::text2sql
