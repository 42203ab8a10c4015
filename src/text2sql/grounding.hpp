/// The offline understanding of questions: reads a question against every table and keeps the best reading. Pure.
///
/// Ownership: holds a reference to the Catalogue, which outlives it.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "text2sql/catalogue.hpp"
#include "text2sql/interpretation.hpp"
#include "text2sql/lexicon.hpp"

namespace holdfast::text2sql {

/// A question that is not answered, and why, in a sentence for the user.
struct Decline {
  std::string text;
  std::vector<std::string> suggestions;  ///< Questions near it that can be answered; may be empty.
  const Table* nearest = nullptr;        ///< The table the question seems to be about, if any.
};

class Grounding {
 public:
  explicit Grounding(const Catalogue& catalogue);

  /// The interpretation, which has a form; or the reason why there is none.
  [[nodiscard]] std::expected<Interpretation, Decline> interpret_question(std::string_view question) const;

  /// A question that leans on the one before it ("and in France?") as one that stands alone. The question itself
  /// when it stands alone or when nothing of it fits the earlier one.
  [[nodiscard]] std::string complete(std::string_view question, std::string_view earlier) const;

  /// What there is to ask about, for "what data do you have?".
  [[nodiscard]] std::string describe() const;

  [[nodiscard]] const Catalogue& catalogue() const noexcept { return catalogue_; }

 private:
  [[nodiscard]] std::vector<Reading> readings(std::string_view question, const std::vector<Word>& words) const;
  [[nodiscard]] Decline decline_unknown(const std::vector<Reading>& readings) const;
  [[nodiscard]] Decline decline_problem(const Interpretation& interpretation, const Table& table,
                                        std::string_view question) const;

  const Catalogue& catalogue_;
  std::vector<Lexicon> lexicons_;  // One per table, in its order.
};

}  // namespace holdfast::text2sql
