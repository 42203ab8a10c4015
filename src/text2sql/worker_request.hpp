/// One run request of docs/worker-protocol.md, from the bytes of the body. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "text2sql/agent.hpp"

namespace holdfast::text2sql {

/// The longest question, in characters. Longer ones are no questions.
inline constexpr std::size_t kMaxPrompt = 10'000;

/// invalid_argument: not a JSON object in UTF-8, or no `prompt`, or an empty or too long one. A `holdfast` key of the
/// wrong shape is left aside: a run must not fail for what an earlier attempt saved.
[[nodiscard]] Result<AgentTask> parse_worker_request(std::string_view body);

/// The checks on a question that came by another way. The question, trimmed.
[[nodiscard]] Result<std::string> checked_prompt(std::string_view prompt);

/// "Holdfast-Deadline-Ms"; empty when absent or not a number; 0 means that no time is left.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_deadline_ms(std::string_view text);

}  // namespace holdfast::text2sql
