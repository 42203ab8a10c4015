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

/// Empty: the follow-up names nothing that the earlier question could take.
[[nodiscard]] std::optional<std::string> merge_followup(const ReadQuestion& now, const ReadQuestion& before);

}  // namespace holdfast::text2sql
