#include "gateway/chat_json.hpp"

#include <array>

#include "gateway/analyze_json.hpp"
#include "gateway/json_text.hpp"

namespace holdfast::gateway {
namespace {

using journal::Run;
using journal::RunStatus;

// Of the worker's result, what the client shows beside the text.
constexpr std::array<std::string_view, 7> kShown{"queries_and_results", "datasets_used", "top_selection_codes", "sql",
                                                 "datasetUrl",          "top_chunks",    "followup_prompts"};

std::string meta_json(const Run& run) {
  ObjectText out;
  const auto members = split_members(run.result);
  for (const auto key : kShown) {
    const auto value = find_member(members, key);
    if (!value.empty()) out.raw(key, value);
  }
  if (!run.usage.empty()) out.raw("usage", run.usage);
  return out.take();
}

ObjectText entry_head(const Run& run, std::string_view suffix, std::string_view content) {
  ObjectText out;
  out.text("id", run.id.text() + std::string(suffix)).text("threadId", run.thread_id).text("user", run.owner);
  out.text("content", content);
  return out;
}

std::string question_json(const Run& run) {
  auto out = entry_head(run, ":question", run.prompt);
  out.boolean("isUser", true).number("createdAt", run.created_at).text("run_id", run.id.text());
  if (!is_terminal(run.status)) out.text("status", to_string(run.status));
  return out.raw("meta", "{}").take();
}

std::string answer_json(const Run& run) {
  const bool completed = run.status == RunStatus::completed;
  const auto content = completed ? answer_text(run) : problem_of_run(run).detail;
  auto out = entry_head(run, ":answer", content);
  out.boolean("isUser", false).number("createdAt", run.finished_at.value_or(run.created_at));
  out.text("run_id", run.id.text());
  if (!completed) out.text("error", content).text("status", to_string(run.status));
  return out.raw("meta", meta_json(run)).take();
}

}  // namespace

std::string chat_messages_json(const std::vector<Run>& turns) {
  std::string out = "[";
  const auto append = [&out](const std::string& entry) {
    if (out.size() > 1) out += ',';
    out += entry;
  };
  for (const auto& run : turns) {
    append(question_json(run));
    if (is_terminal(run.status)) append(answer_json(run));
  }
  return out + ']';
}

}  // namespace holdfast::gateway
