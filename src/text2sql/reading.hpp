/// A question read against one table: which words are names, which are cues, and which say nothing to us. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "text2sql/cues.hpp"
#include "text2sql/lexicon.hpp"

namespace holdfast::text2sql {

enum class SpanKind : unsigned char { cue, table, column, value, number, month, unknown };

struct Span {
  SpanKind kind = SpanKind::unknown;
  std::size_t first = 0;  ///< Words, last exclusive.
  std::size_t last = 0;
  Cue cue = Cue::filler;
  std::size_t column = 0;
  bool also_table = false;  ///< The same words also name the table.
  Extreme extreme = Extreme::none;
  std::vector<std::string> values;  ///< More than one: the words fit several values.
  double number = 0;
  bool decade = false;  ///< "1990s".
  int month = 0;
};

struct Reading {
  const Table* table = nullptr;
  std::vector<Span> spans;
  std::vector<std::string> unknown;  ///< Words as the user wrote them.
  int score = 0;                     ///< How much of the question this table explains; only for comparison.

  [[nodiscard]] bool mentions_anything() const;
};

[[nodiscard]] Reading read_question(std::string_view question, const std::vector<Word>& words, const Table& table,
                                    const Lexicon& lexicon);

}  // namespace holdfast::text2sql
