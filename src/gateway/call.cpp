#include "gateway/call.hpp"

namespace holdfast::gateway {

awaitable<void> send_problem(Call call, Problem problem) {
  auto response = to_response(problem, call.request().target.path);
  co_await call.exchange->send(std::move(response));
}

awaitable<void> send_response(Call call, Response response) { co_await call.exchange->send(std::move(response)); }

std::expected<RunId, Problem> path_run_id(const Call& call) {
  auto id = RunId::parse(call.parameters.front());
  if (!id) return std::unexpected(bad_request(id.error().message()));
  return std::move(*id);
}

std::string current_run_json(const Call& call, const journal::Run& run, Via via) {
  return run_json(run, call.coordinator().queue_place(run.id), via);
}

}  // namespace holdfast::gateway
