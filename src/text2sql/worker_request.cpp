#include "text2sql/worker_request.hpp"

#include <fmt/format.h>
#include <boost/json/serialize.hpp>

#include <boost/json/array.hpp>
#include <charconv>

#include "base/text.hpp"

namespace holdfast::text2sql {
namespace {

// What a model is told of an earlier answer.
constexpr std::size_t kPastAnswerBytes = 2'000;
constexpr std::size_t kPastRuns = 3;

// A year of milliseconds: any larger deadline means none.
constexpr std::int64_t kLongestDeadline = 366LL * 24 * 3600 * 1000;

std::vector<PastRun> parse_history(const json::object& holdfast) {
  std::vector<PastRun> out;
  const auto* list = holdfast.if_contains("history");
  if (list == nullptr || !list->is_array()) return out;
  for (const auto& item : list->get_array()) {
    const auto* run = item.if_object();
    if (run == nullptr) continue;
    const auto* result = find_object(*run, "result");
    // The question as it was understood, so that a chain of follow-ups keeps its frame.
    auto question = result != nullptr ? find_string(*result, "question") : std::nullopt;
    if (!question || question->empty()) question = find_string(*run, "prompt");
    if (!question) continue;
    const auto answer = result != nullptr ? find_string(*result, "result").value_or("") : "";
    out.push_back(
        {std::string(truncate_utf8(*question, kMaxPrompt)), std::string(truncate_utf8(answer, kPastAnswerBytes))});
  }
  if (out.size() > kPastRuns) out.erase(out.begin(), out.end() - kPastRuns);
  return out;
}

}  // namespace

Result<std::string> checked_prompt(std::string_view prompt) {
  const auto trimmed = trim(prompt);
  if (trimmed.empty()) return fail(ErrorCode::invalid_argument, "the question is empty");
  // The JSON parser is the judge of UTF-8.
  if (!parse_json(json::serialize(json::string(trimmed)))) {
    return fail(ErrorCode::invalid_argument, "the question is not valid UTF-8");
  }
  if (count_code_points(trimmed) > kMaxPrompt) {
    return fail(ErrorCode::invalid_argument, fmt::format("the question is longer than {} characters", kMaxPrompt));
  }
  return std::string(trimmed);
}

Result<AgentTask> parse_worker_request(std::string_view body) {
  auto object = parse_json_object(body);
  if (!object) return fail(std::move(object), "read the request");
  const auto prompt = find_string(*object, "prompt");
  if (!prompt) return fail(ErrorCode::invalid_argument, "the request needs a text \"prompt\"");
  auto checked = checked_prompt(*prompt);
  if (!checked) return fail(std::move(checked));
  AgentTask task;
  task.prompt = std::move(*checked);
  const auto* holdfast = find_object(*object, "holdfast");
  if (holdfast == nullptr) return task;
  task.history = parse_history(*holdfast);
  const auto* checkpoint = find_object(*holdfast, "checkpoint");
  if (checkpoint != nullptr && checkpoint->contains("state")) task.checkpoint = checkpoint->at("state");
  return task;
}

std::optional<std::chrono::milliseconds> parse_deadline_ms(std::string_view text) {
  const auto trimmed = trim(text);
  std::int64_t ms = 0;
  const auto [end, ec] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), ms);
  if (ec != std::errc() || end != trimmed.data() + trimmed.size() || ms < 0 || ms > kLongestDeadline)
    return std::nullopt;
  return std::chrono::milliseconds(ms);
}

}  // namespace holdfast::text2sql
