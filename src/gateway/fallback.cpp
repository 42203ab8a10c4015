#include "gateway/fallback.hpp"

#include "base/log.hpp"

namespace holdfast::gateway {
namespace {

using journal::Run;
using journal::RunStatus;

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kProblem = "application/problem+json";
constexpr int kRetryAfterSeconds = 2;
constexpr std::size_t kLongestInstance = 512;

std::string_view reason_of(BuildFailure failure) noexcept {
  return failure == BuildFailure::out_of_memory ? "The response could not be built: out of memory."
                                                : "The response could not be built: an error in the server.";
}

std::string_view what_happened(RunStatus status) noexcept {
  switch (status) {
    case RunStatus::completed: return "The analysis has finished and its answer is stored, but it could not be sent.";
    case RunStatus::failed: return "The analysis has failed; the reason is stored, but it could not be sent.";
    case RunStatus::cancelled: return "The analysis was cancelled.";
    case RunStatus::expired: return "The analysis waited too long and was given up.";
    case RunStatus::queued:
    case RunStatus::running: return "The analysis is accepted and goes on.";
  }
  std::unreachable();
}

void write_problem_members(FixedText& out, int status, std::string_view detail, std::string_view instance) noexcept {
  out.append(R"("type":"/problems/response-not-built","title":"The response could not be built","status":)");
  out.append_number(static_cast<std::uint64_t>(status)).append(R"(,"detail":)").append_json(detail);
  out.append(R"(,"instance":)").append_json(instance.substr(0, kLongestInstance)).append(R"(,"retryable":true,)");
}

// The path as it was sent, which is ASCII.
std::string_view instance_of(const Call& call) noexcept {
  const std::string_view target = call.request().raw_target;
  return target.substr(0, target.find('?'));
}

void write_object(FixedText& out, const Run& run, AnswerForm form, BuildFailure failure, int status,
                  std::string_view instance) noexcept {
  const std::string_view id = run.id.text();
  const auto text = what_happened(run.status);
  out.append("{");
  if (status >= 400) write_problem_members(out, status, text, instance);
  out.append(R"("response":)").append_json(text);
  if (form == AnswerForm::analyze || form == AnswerForm::compatible_event) {
    out.append(R"(,"result":)").append_json(text);
  }
  out.append(R"(,"thread_id":)").append_json(run.thread_id).append(R"(,"run_id":")").append(id);
  out.append(R"(","error":)").append_json(reason_of(failure));
  out.append(R"(,"recovery_note":"Nothing is lost: GET /v1/runs/)").append(id);
  out.append(R"( has the answer. It stays in the inbox, GET /v1/runs?undelivered=true, until it is acknowledged.")");
  out.append(R"(,"analysis_completed":)").append(run.status == RunStatus::completed ? "true" : "false");
  out.append(R"(,"server_status":")").append(to_string(run.status)).append(R"(_with_response_error"})");
}

// When the log cannot be written either, the answer has gone out all the same.
void log_failure(std::string_view run_id, std::string_view thread_id, BuildFailure failure, Sent sent) noexcept {
  const auto written = try_build("gateway.log_fallback", [&] {
    log::error("gateway.response_not_built", {{"run", run_id},
                                              {"thread", thread_id},
                                              {"error", reason_of(failure)},
                                              {"fallback", sent == Sent::ok ? "sent" : "not_taken"}});
    return true;
  });
  static_cast<void>(written);
}

}  // namespace

void write_fallback(FixedText& out, const Run& run, AnswerForm form, BuildFailure failure, int status,
                    std::string_view instance) noexcept {
  const bool completed = run.status == RunStatus::completed;
  switch (form) {
    case AnswerForm::run:
    case AnswerForm::analyze: write_object(out, run, form, failure, status, instance); break;
    case AnswerForm::native_event:
      // Without an id: who resumes behind the last event it has gets the true end.
      out.append("event: done\ndata: ");
      write_object(out, run, form, failure, status, instance);
      out.append("\n\n");
      break;
    case AnswerForm::compatible_event:
      out.append(completed ? R"(data: {"type":"final","data":)" : R"(data: {"type":"error","status":500,"message":)");
      if (completed) {
        write_object(out, run, form, failure, status, instance);
      } else {
        out.append_json(what_happened(run.status));
      }
      out.append("}\n\n");
      break;
  }
}

void send_fallback(const Call& call, const Run& run, AnswerForm form, BuildFailure failure, int status) noexcept {
  FixedText body(call.services->reserve->room);
  // A run that has not ended has no answer to stand in for: the client is told to ask again.
  const bool ended = is_terminal(run.status);
  if (!ended && status < 400) status = 503;
  write_fallback(body, run, form, failure, status, instance_of(call));
  LastWords words;
  words.status = status;
  words.content_type = status < 400 ? kJson : kProblem;
  words.run_id = run.id.text();
  words.retry_after_seconds = ended ? 0 : kRetryAfterSeconds;
  words.body = body.text();
  const auto sent = call.exchange->end_with(words);
  log_failure(run.id.text(), run.thread_id, failure, sent);
}

void send_cannot_build(const Call& call, BuildFailure failure) noexcept {
  FixedText body(call.services->reserve->room);
  body.append("{");
  write_problem_members(body, 503, reason_of(failure), instance_of(call));
  body.append(R"("recovery_note":"Nothing is lost: ask again, or for one run with GET /v1/runs/{id}."})");
  LastWords words;
  words.status = 503;
  words.content_type = kProblem;
  words.retry_after_seconds = kRetryAfterSeconds;
  words.body = body.text();
  const auto sent = call.exchange->end_with(words);
  log_failure("", "", failure, sent);
}

}  // namespace holdfast::gateway
