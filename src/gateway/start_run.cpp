#include <algorithm>

#include "gateway/analyze_json.hpp"
#include "gateway/event_stream.hpp"
#include "gateway/fallback.hpp"
#include "gateway/header_values.hpp"
#include "gateway/routes.hpp"
#include "gateway/run_request.hpp"
#include "gateway/submit_in_turn.hpp"

namespace holdfast::gateway {
namespace {

using journal::Run;
using journal::RunStatus;
using std::chrono::milliseconds;

enum class Face : unsigned char { native, compatible };

/// How the client wants its answer (docs/openapi.yaml, "Starting a run").
enum class Mode : unsigned char {
  at_once,  ///< 202 now.
  wait,     ///< The answer within a time the client names, else 202.
  stream,   ///< Events.
  hold,     ///< The answer, however long it takes; early bytes keep the connection alive.
};

struct AnswerPlan {
  Mode mode = Mode::hold;
  milliseconds wait{0};
  std::string applied;  ///< Preference-Applied; empty when no preference was.
};

AnswerPlan plan_answer(const Call& call, const RunRequest& asked) {
  const auto& headers = call.request().headers;
  const auto preferences = parse_prefer(headers.joined("Prefer"));
  AnswerPlan plan;
  if (preferences.wait) {
    plan.mode = Mode::wait;
    plan.wait = std::min<milliseconds>(*preferences.wait, call.config().max_wait);
    plan.applied = "wait=" + std::to_string(plan.wait.count() / 1000);
    if (preferences.respond_async) plan.applied = "respond-async, " + plan.applied;
  } else if (preferences.respond_async) {
    plan.mode = Mode::at_once;
    plan.applied = "respond-async";
  } else if (asked.stream || accepts_by_name(headers.joined("Accept"), "text/event-stream")) {
    plan.mode = Mode::stream;
  }
  return plan;
}

/// One POST after its run is in the journal.
struct Started {
  Call call;
  Face face;
  RunId id;
  AnswerPlan plan;
  bool joined = false;
  Via via = Via::direct;

  [[nodiscard]] Headers headers() const {
    Headers headers;
    headers.add("Holdfast-Run-Id", id.text());
    headers.add("Location", "/v1/runs/" + id.text());
    headers.add("Vary", "Prefer, Accept");
    if (joined) headers.add("Idempotent-Replayed", "true");
    if (!plan.applied.empty()) headers.add("Preference-Applied", plan.applied);
    return headers;
  }

  [[nodiscard]] std::string completed_json(const Run& run) const {
    return face == Face::native ? current_run_json(call, run, via)
                                : analyze_json(run, via, call.services->clock->wall());
  }

  [[nodiscard]] AnswerForm form() const noexcept {
    return face == Face::native ? AnswerForm::run : AnswerForm::analyze;
  }

  // The answer of a terminal run. The native face tells every outcome in the run object.
  [[nodiscard]] Response finished(const Run& run) const {
    if (face == Face::native || run.status == RunStatus::completed) {
      auto response = json_response(200, completed_json(run));
      response.headers = headers();
      return response;
    }
    auto response = to_response(problem_of_run(run), call.request().target.path);
    if (joined) response.headers.add("Idempotent-Replayed", "true");
    return response;
  }

  // What finished() has as its status, for when it cannot be built.
  [[nodiscard]] int status_of(const Run& run) const noexcept {
    return face == Face::native ? 200 : status_of_run(run.status);
  }

  [[nodiscard]] Response accepted(const Run& run) const {
    auto response = json_response(202, current_run_json(call, run, via));
    response.headers = headers();
    response.headers.add("Content-Location", "/v1/runs/" + id.text());
    const auto retry = std::chrono::ceil<std::chrono::seconds>(call.config().accepted_retry);
    response.headers.add("Retry-After", std::to_string(retry.count()));
    return response;
  }
};

awaitable<Result<Run>> wait_terminal(const Started* started, milliseconds time) {
  const auto deadline = started->call.in(time);
  co_return co_await started->call.coordinator().wait_terminal(started->call.subject.owner, started->id, deadline);
}

// The answer to a client that can only wait, when the server stops before its run has ended.
Problem interrupted_problem(const RunId& id) {
  auto problem = stopping_problem("the run goes on after the restart; ask again with the same run id");
  problem.run_id = id.text();
  return problem;
}

// The text of the body once the headers have gone out.
std::string late_body(const Started& started, const Result<Run>& run) {
  if (!run) {
    auto problem = problem_of(run.error());
    problem.run_id = started.id.text();
    return problem_json(problem, started.call.request().target.path);
  }
  if (run->status == RunStatus::completed || (started.face == Face::native && is_terminal(run->status))) {
    return started.completed_json(*run);
  }
  auto problem = problem_of_run(*run);
  if (!is_terminal(run->status)) problem = interrupted_problem(started.id);
  return late_problem_json(*run, problem, started.call.request().target.path);
}

// An old client that can only wait. After a while the headers go out, then a space now and then, which JSON
// allows in front, so that nobody on the way takes the connection for dead.
awaitable<void> hold_with_early_bytes(Started started) {
  auto* exchange = started.call.exchange;
  StreamHead head;
  head.content_type = "application/json";
  head.headers = started.headers();
  head.headers.add("Cache-Control", "no-store, no-transform");
  head.headers.add("X-Accel-Buffering", "no");
  auto sent = co_await exchange->begin(std::move(head));
  Result<Run> run = fail(ErrorCode::internal, "not asked yet");
  while (sent == Sent::ok) {
    sent = co_await exchange->write(" ");
    if (sent != Sent::ok) co_return;
    run = co_await wait_terminal(&started, started.call.config().heartbeat);
    if (!run || is_terminal(run->status) || exchange->interrupted()) break;
  }
  if (exchange->client_gone()) co_return;
  if (run) note_pressure(started.call, *run);
  auto body = try_build("gateway.build_response", [&] { return late_body(started, run); });
  if (!body && run) {
    send_fallback(started.call, *run, started.form(), body.error());
    co_return;
  }
  if (!body) co_return;
  sent = co_await exchange->write(std::move(*body));
  if (sent == Sent::ok) co_await exchange->finish();
}

awaitable<void> answer_when_finished(Started started) {
  started.call.exchange->watch_client();
  const bool hold = started.plan.mode == Mode::hold;
  const auto time = hold ? started.call.config().hold_before_early_bytes : started.plan.wait;
  auto run = co_await wait_terminal(&started, time);
  if (!run) {
    auto problem = problem_of(run.error());
    problem.run_id = started.id.text();
    co_await send_problem(started.call, std::move(problem));
    co_return;
  }
  if (is_terminal(run->status)) {
    note_pressure(started.call, *run);
    auto response = try_build("gateway.build_response", [&] { return started.finished(*run); });
    if (response) {
      co_await started.call.exchange->send(std::move(*response));
    } else {
      send_fallback(started.call, *run, started.form(), response.error(), started.status_of(*run));
    }
    co_return;
  }
  if (hold && started.call.exchange->interrupted()) {
    auto problem = interrupted_problem(started.id);
    co_await send_problem(started.call, std::move(problem));
    co_return;
  }
  if (hold) {
    co_await hold_with_early_bytes(std::move(started));
    co_return;
  }
  auto response = try_build("gateway.build_response", [&] { return started.accepted(*run); });
  if (response) {
    co_await started.call.exchange->send(std::move(*response));
  } else {
    send_fallback(started.call, *run, started.form(), response.error(), 202);
  }
}

awaitable<void> start_run(Call call, Face face) {
  std::optional<std::string> path_thread_id;
  if (face == Face::native) path_thread_id = call.parameters.front();
  auto parsed = parse_run_request(call.request(), path_thread_id);
  if (auto* problem = std::get_if<Problem>(&parsed)) {
    co_await send_problem(std::move(call), std::move(*problem));
    co_return;
  }
  auto& asked = std::get<RunRequest>(parsed);
  auto cursor = event_cursor(call.request());
  const auto plan = plan_answer(call, asked);
  if (!cursor && plan.mode == Mode::stream) {
    co_await send_problem(std::move(call), cursor.error());
    co_return;
  }
  runs::Submission submission;
  submission.owner = call.subject.owner;
  submission.thread_id = asked.thread_id;
  submission.id = asked.run_id;
  submission.prompt = asked.prompt;
  submission.request = std::move(asked.worker_request);
  submission.anew = wants_no_cache(call.request().headers.joined("Cache-Control"));
  submission.traceparent = valid_traceparent(call.request().headers.find("traceparent").value_or(""));
  auto accepted = co_await submit_in_turn(call, std::move(submission));
  if (!accepted) {
    co_await send_problem(std::move(call), std::move(accepted.error()));
    co_return;
  }
  const auto& run = accepted->run;
  if (auto gone = retired_problem(run)) {
    co_await send_problem(std::move(call), std::move(*gone));
    co_return;
  }
  const auto via = accepted->joined && is_terminal(run.status) ? Via::replayed : Via::direct;
  Started started{call, face, run.id, plan, accepted->joined, via};
  if (plan.mode == Mode::stream) {
    const auto shape = face == Face::native ? EventShape::native : EventShape::compatible;
    auto headers = started.headers();
    co_await stream_run(std::move(call), run.id, *cursor, shape, std::move(headers));
    co_return;
  }
  if (plan.mode == Mode::at_once) {
    auto response = try_build("gateway.build_response", [&] { return started.accepted(run); });
    if (response) {
      co_await call.exchange->send(std::move(*response));
    } else {
      send_fallback(call, run, started.form(), response.error(), 202);
    }
    co_return;
  }
  co_await answer_when_finished(std::move(started));
}

}  // namespace

awaitable<void> post_analyze(Call call) { return start_run(std::move(call), Face::compatible); }
awaitable<void> post_thread_run(Call call) { return start_run(std::move(call), Face::native); }

}  // namespace holdfast::gateway
