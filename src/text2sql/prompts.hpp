/// What the model is told, and how its replies are read. Pure.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text2sql/chat_client.hpp"

namespace holdfast::text2sql {

using Messages = std::vector<ChatMessage>;

[[nodiscard]] Messages rewrite_prompt(const AgentState& state, const std::vector<PastRun>& history);
[[nodiscard]] Messages tables_prompt(const AgentState& state, const Catalogue& catalogue);
[[nodiscard]] Messages sql_prompt(const AgentState& state);
[[nodiscard]] Messages answer_prompt(const AgentState& state);

/// The JSON object in a reply, also inside a code fence or between sentences.
[[nodiscard]] std::optional<json::object> object_in(std::string_view reply);

/// The SQL of a reply, or the reason why there is none. A reply in another form is taken as SQL, which will not run, so
/// that the next iteration can say so.
[[nodiscard]] OrDecline<std::string> sql_in(std::string_view reply);

/// Numbers of `text` that are neither in the rows nor in the question, as written. A rounded number counts as the one
/// it rounds.
[[nodiscard]] std::vector<std::string> numbers_not_in(std::string_view text, const Rows& rows,
                                                      std::string_view question);

}  // namespace holdfast::text2sql
