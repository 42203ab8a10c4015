/// Questions to ask next, each tried before it is offered: it is understood, runs, and gives a value.
///
/// Runs on: the worker's thread; asks the database, within a small time budget of its own.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "text2sql/database.hpp"
#include "text2sql/grounding.hpp"

namespace holdfast::text2sql {

inline constexpr std::size_t kSuggestions = 3;

class Suggestions {
 public:
  Suggestions(const Grounding& grounding, Database& database, const Clock& clock)
      : grounding_(grounding), database_(database), clock_(clock) {}

  /// Up to three. `preferred` come first; then questions near `question`, about `tables`; then any.
  std::vector<std::string> pick(const std::string& question, const std::vector<std::string>& tables,
                                const std::vector<std::string>& preferred, StopCheck& stop);

  /// Three to begin with: those the data file names, else made from its tables.
  std::vector<std::string> examples(StopCheck& stop);

 private:
  [[nodiscard]] bool has_answer(const std::string& question, StopCheck& stop);

  const Grounding& grounding_;
  Database& database_;
  const Clock& clock_;
};

/// Question texts about `table`, most telling first; some may not be answerable. Pure.
[[nodiscard]] std::vector<std::string> questions_about(const Table& table);

/// Question texts near one that was understood. Pure.
[[nodiscard]] std::vector<std::string> questions_near(std::string_view question, const Interpretation& interpretation);

}  // namespace holdfast::text2sql
