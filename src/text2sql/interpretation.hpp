/// From a reading to a query form: what is asked of one table. Pure.
///
/// Invariant: every word of the question has been used or says nothing, or there is no form. What the words do not
/// decide is decided by a rule and told in `notes`, never guessed in silence.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "text2sql/query_form.hpp"
#include "text2sql/reading.hpp"

namespace holdfast::text2sql {

/// A year that was asked for and is not in the table.
struct MissingYear {
  std::int64_t asked = 0;
  std::vector<std::int64_t> nearest;  ///< One or two years that are there.
};

struct Interpretation {
  std::optional<QueryForm> form;
  std::string problem;                      ///< Why there is no form, as a sentence.
  std::vector<std::string> choices;         ///< Values that a word may mean, when that is the problem.
  std::string ambiguous;                    ///< That word.
  std::optional<MissingYear> missing_year;  ///< Then the form asks which years there are.
  std::vector<std::string> notes;           ///< Rules that were applied, as sentences.
  int score = 0;
};

[[nodiscard]] Interpretation interpret(const Reading& reading, std::string_view question,
                                       const std::vector<Word>& words);

}  // namespace holdfast::text2sql
