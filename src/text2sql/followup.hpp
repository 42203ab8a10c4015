/// Follow-up questions: "and in France?" put into the frame of the question before it. Pure.
///
/// It works on the text: what the follow-up names replaces what the earlier question named of the same kind, so
/// the completed question can be read, shown and asked again by a person.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text2sql/reading.hpp"

namespace holdfast::text2sql {

struct ReadQuestion {
  std::string_view text;
  const std::vector<Word>& words;
  const Reading& reading;
};

/// "And …", "what about …", "how about …", "same for …".
[[nodiscard]] bool opens_like_followup(const std::vector<Word>& words);

/// "Per year?": the earlier question, grouped.
[[nodiscard]] std::optional<std::string> add_grouping(const ReadQuestion& now, const ReadQuestion& before);

/// "What was its population?" with the one name of the earlier question, and its time, in place of the pronoun. Empty:
/// it named none, or several, or the pronoun may mean something else.
[[nodiscard]] std::optional<std::string> resolve_pronoun(const ReadQuestion& now, const ReadQuestion& before);

/// "And which country had the highest?" in the time of the earlier question.
[[nodiscard]] std::optional<std::string> carry_time(const ReadQuestion& now, const ReadQuestion& before);

/// Empty: the follow-up says something that is not in the earlier question, or names nothing that the earlier question
/// could take.
[[nodiscard]] std::optional<std::string> merge_followup(const ReadQuestion& now, const ReadQuestion& before);

}  // namespace holdfast::text2sql
