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

std::string chat_messages_json(const Run& turn) {
  auto out = question_json(turn);
  if (is_terminal(turn.status)) out += "," + answer_json(turn);
  return out;
}

std::string turn_json(const Run& turn) {
  const bool completed = turn.status == RunStatus::completed;
  const bool failed = is_terminal(turn.status) && !completed;
  const auto members = split_members(turn.result);
  const auto list_of = [&members](std::string_view key) {
    const auto value = find_member(members, key);
    return value.empty() ? std::string_view("[]") : value;
  };
  ObjectText out;
  out.text("id", turn.id.text()).text("threadId", turn.thread_id).text("user", turn.owner);
  out.number("createdAt", turn.created_at).text("prompt", turn.prompt);
  if (completed) out.text("final_answer", answer_text(turn));
  if (!completed) out.raw("final_answer", "null");
  for (const std::string_view key : {"queries_and_results", "datasets_used", "top_chunks", "followup_prompts"}) {
    out.raw(key, list_of(key));
  }
  out.raw("sql_query", find_member(members, "sql"));
  if (failed) out.text("error", problem_of_run(turn).detail);
  if (!failed) out.raw("error", "null");
  out.boolean("isLoading", !is_terminal(turn.status)).boolean("isError", failed);
  out.number("startedAt", turn.started_at).number("finishedAt", turn.finished_at);
  return out.text("run_id", turn.id.text()).text("status", to_string(turn.status)).take();
}

std::string run_line_json(const Run& run) {
  ObjectText out;
  out.text("run_id", run.id.text()).text("prompt", run.prompt);
  return out.text("timestamp", iso_time(run.created_at)).take();
}

std::string sentiments_json(const std::vector<journal::Rating>& ratings) {
  ObjectText out;
  for (const auto& rating : ratings) {
    if (rating.sentiment) out.boolean(rating.id.text(), *rating.sentiment);
  }
  return out.take();
}

}  // namespace holdfast::gateway
