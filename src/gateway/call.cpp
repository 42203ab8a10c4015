#include "gateway/call.hpp"

#include "base/log.hpp"
#include "gateway/try_build.hpp"

namespace holdfast::gateway {

awaitable<void> send_problem(Call call, Problem problem) {
  auto response = to_response(problem, call.request().target.path);
  co_await call.exchange->send(std::move(response));
}

awaitable<void> send_response(Call call, Response response) { co_await call.exchange->send(std::move(response)); }

awaitable<void> send_outcome(Call call, std::expected<Response, Problem> outcome) {
  auto response = outcome ? std::move(*outcome) : to_response(outcome.error(), call.request().target.path);
  co_await call.exchange->send(std::move(response));
}

awaitable<void> send_error(Call call, Error error) {
  auto problem = problem_of(error);
  co_await send_problem(std::move(call), std::move(problem));
}

std::optional<Problem> retired_problem(const journal::Run& run) {
  if (!run.retired_at) return std::nullopt;
  auto problem = make_problem(410, "gone", "The run is no longer kept",
                              "its answer was delivered and kept for as long as runs.retention says");
  problem.run_id = run.id.text();
  problem.retryable = false;
  return problem;
}

awaitable<std::expected<journal::Run, Problem>> own_run(Call call, RunId id) {
  auto run = co_await call.coordinator().find(call.subject.owner, std::move(id));
  if (!run) co_return std::unexpected(problem_of(run.error()));
  if (auto gone = retired_problem(*run)) co_return std::unexpected(std::move(*gone));
  co_return std::move(*run);
}

std::expected<RunId, Problem> path_run_id(const Call& call) {
  auto id = RunId::parse(call.parameters.front());
  if (!id) return std::unexpected(bad_request(id.error().message()));
  return std::move(*id);
}

awaitable<Result<journal::Run>> find_readable(Call* call, RunId id) {
  auto own = co_await call->coordinator().find(call->subject.owner, id);
  const bool may_look_further = !own && own.error().code() == ErrorCode::not_found && call->subject.admin;
  if (!may_look_further) co_return own;
  auto stored = co_await call->services->journal->find(id);
  if (!stored || !*stored) co_return own;
  log::info("gateway.read_by_admin", {{"admin", call->subject.owner}, {"run", id.text()}});
  call->subject.owner = (*stored)->owner;
  co_return co_await call->coordinator().find(call->subject.owner, id);
}

awaitable<std::expected<journal::Run, Problem>> readable_path_run(Call* call) {
  auto id = path_run_id(*call);
  if (!id) co_return std::unexpected(std::move(id).error());
  auto run = co_await find_readable(call, std::move(*id));
  if (!run) co_return std::unexpected(problem_of(run.error()));
  if (auto gone = retired_problem(*run)) co_return std::unexpected(std::move(*gone));
  co_return std::move(*run);
}

std::string current_run_json(const Call& call, const journal::Run& run, Via via) {
  return run_json(run, call.coordinator().queue_place(run), via);
}

std::string run_list_json(const Call& call, const std::vector<journal::Run>& runs) {
  std::string list = "[";
  for (const auto& run : runs) {
    if (list.size() > 1) list += ',';
    list += current_run_json(call, run, Via::journal);
  }
  return list + ']';
}

void note_pressure(const Call& call, const journal::Run& run) noexcept {
  const auto* view = call.config().memory;
  if (view == nullptr || !view->usage) return;
  const auto used = static_cast<double>(view->usage->used.count());
  if (used < memory::kAnswersAtRisk * static_cast<double>(view->usage->limit.count())) return;
  const auto written = try_build("gateway.log_pressure", [&] {
    log::warning("gateway.answering_under_pressure", {{"level", memory::to_string(view->level)},
                                                      {"used_bytes", view->usage->used.count()},
                                                      {"limit_bytes", view->usage->limit.count()},
                                                      {"thread", run.thread_id},
                                                      {"run", run.id.text()},
                                                      {"recover_by", "GET /v1/runs/" + run.id.text()}});
    return true;
  });
  static_cast<void>(written);
}

}  // namespace holdfast::gateway
