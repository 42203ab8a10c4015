#include "gateway/analyze_json.hpp"

#include <array>

#include "base/json.hpp"
#include "gateway/json_text.hpp"

namespace holdfast::gateway {
namespace {

using journal::EntryKind;
using journal::Run;
using journal::RunStatus;

struct Default {
  std::string_view key;
  std::string_view json;
};

// Fields of the contract that the worker may leave out.
constexpr std::array kDefaults{
    Default{"queries_and_results", "[]"}, Default{"datasets_used", "[]"},
    Default{"top_selection_codes", "[]"}, Default{"sql", "null"},
    Default{"datasetUrl", "null"},        Default{"top_chunks", "[]"},
    Default{"followup_prompts", "[]"},    Default{"iteration", "0"},
    Default{"max_iterations", "0"},
};

// Ours, whatever the worker says about them.
constexpr std::array<std::string_view, 11> kOurs{
    "prompt",        "result", "response",  "run_id", "thread_id", "memory_usage_mb", "analysis_completed",
    "server_status", "usage",  "timestamp", "via"};

bool is_ours(std::string_view key) {
  for (const auto ours : kOurs) {
    if (ours == key) return true;
  }
  return false;
}

std::string text_of(const Run& run, const std::vector<Member>& members) {
  for (const std::string_view key : {"result", "response", "answer", "final_answer", "message", "text"}) {
    const auto text = decode_json_string(find_member(members, key));
    if (text && !text->empty()) return *text;
  }
  const auto whole = decode_json_string(run.result);
  if (whole && !whole->empty()) return *whole;
  // A backend of one's own that answers with some other JSON: that JSON is its answer.
  if (!run.result.empty() && run.result != "{}" && run.result != "null") return run.result;
  return "The analysis has finished without a text.";
}

std::string message_of(const Run& run) {
  const auto error = stored_json(run.error);
  if (const auto* object = error.if_object()) {
    if (const auto message = find_string(*object, "message")) return std::string(*message);
  }
  switch (run.status) {
    case RunStatus::cancelled: return "The analysis was cancelled.";
    case RunStatus::expired: return "The analysis waited too long and was given up.";
    case RunStatus::failed:
    case RunStatus::queued:
    case RunStatus::running:
    case RunStatus::completed: return "The analysis has failed.";
  }
  std::unreachable();
}

std::string code_of(const Run& run) {
  const auto error = stored_json(run.error);
  const auto* object = error.if_object();
  return object == nullptr ? std::string() : std::string(find_string(*object, "code").value_or(""));
}

// A new run of the same question may do better after trouble that passes.
bool may_pass(std::string_view code) {
  return code == "unavailable" || code == "resource_exhausted" || code == "deadline_exceeded";
}

std::int64_t peak_mb(const Run& run) {
  const auto usage = stored_json(run.usage);
  const auto* object = usage.if_object();
  const auto* memory = object == nullptr ? nullptr : find_object(*object, "memory");
  return memory == nullptr ? 0 : find_int(*memory, "peak_bytes").value_or(0) / (1024 * 1024);
}

std::string status_event(std::string_view message, const Run& run) {
  return ObjectText().text("type", "status").text("message", message).text("run_id", run.id.text()).take();
}

std::string member_text(const journal::Entry& entry, std::string_view key) {
  return decode_json_string(find_member(split_members(entry.body), key)).value_or("");
}

}  // namespace

std::string answer_text(const Run& run) { return text_of(run, split_members(run.result)); }

std::string analyze_json(const Run& run, Via via, UnixMillis now) {
  const auto members = split_members(run.result);
  const auto text = text_of(run, members);
  ObjectText out;
  out.text("prompt", run.prompt).text("result", text).text("run_id", run.id.text()).text("thread_id", run.thread_id);
  for (const auto& member : members) {
    if (!is_ours(member.key)) out.raw(member.key, member.value);
  }
  for (const auto& fallback : kDefaults) {
    if (find_member(members, fallback.key).empty()) out.raw(fallback.key, fallback.json);
  }
  out.number("memory_usage_mb", peak_mb(run)).boolean("analysis_completed", true);
  out.text("server_status", "completed").text("timestamp", iso_time(run.finished_at.value_or(now)));
  out.text("response", text).raw("usage", run.usage.empty() ? std::string_view("{}") : std::string_view(run.usage));
  return out.text("via", to_string(via)).take();
}

int status_of_run(RunStatus status) noexcept {
  switch (status) {
    case RunStatus::completed: return 200;
    case RunStatus::cancelled: return 409;
    case RunStatus::expired: return 504;
    case RunStatus::failed:
    case RunStatus::queued:
    case RunStatus::running: return 500;
  }
  std::unreachable();
}

Problem problem_of_run(const Run& run) {
  auto problem = make_problem(status_of_run(run.status), "run-failed", "The analysis has failed", message_of(run));
  if (run.status == RunStatus::expired) {
    problem.slug = "run-expired";
    problem.title = "The analysis waited too long";
  } else if (run.status == RunStatus::cancelled) {
    problem.slug = "run-cancelled";
    problem.title = "The analysis was cancelled";
  }
  problem.run_id = run.id.text();
  problem.code = code_of(run);
  problem.retryable = may_pass(problem.code);
  return problem;
}

std::string late_problem_json(const Run& run, const Problem& problem, std::string_view instance) {
  ObjectText out;
  out.members(problem_json(problem, instance)).text("error", problem.detail);
  out.text("server_status", journal::is_terminal(run.status) ? to_string(run.status) : "interrupted");
  out.text("result", problem.detail).text("response", problem.detail).text("prompt", run.prompt);
  return out.text("thread_id", run.thread_id).boolean("analysis_completed", false).take();
}

std::string compatible_event(const journal::Entry& entry, const Run& run, UnixMillis now) {
  switch (entry.kind) {
    case EntryKind::accepted: return status_event("The analysis is queued", run);
    case EntryKind::started: return status_event("The analysis has started", run);
    case EntryKind::attempt_lost: return status_event("The worker was lost; the analysis is tried again", run);
    case EntryKind::progress: return status_event(member_text(entry, "message"), run);
    case EntryKind::delta:
      return ObjectText().text("type", "answer_chunk").text("token", member_text(entry, "text")).take();
    case EntryKind::completed:
      return ObjectText().text("type", "final").raw("data", analyze_json(run, Via::stream, now)).take();
    case EntryKind::failed:
    case EntryKind::cancelled:
    case EntryKind::expired: {
      const auto problem = problem_of_run(run);
      return ObjectText()
          .text("type", "error")
          .number("status", std::int64_t{problem.status})
          .text("message", problem.detail)
          .take();
    }
    case EntryKind::response:
    case EntryKind::piece:
    case EntryKind::checkpoint:
    case EntryKind::delivered: return {};
  }
  std::unreachable();
}

}  // namespace holdfast::gateway
