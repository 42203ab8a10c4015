#include "gateway/call.hpp"

#include "base/log.hpp"
#include "gateway/try_build.hpp"

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

std::string run_list_json(const Call& call, const std::vector<journal::Run>& runs) {
  std::string list = "[";
  for (const auto& run : runs) {
    if (list.size() > 1) list += ',';
    list += current_run_json(call, run, Via::journal);
  }
  return list + ']';
}

void note_pressure(const Call& call, const journal::Run& run) noexcept {
  const auto* gauge = call.config().pressure;
  if (gauge == nullptr || gauge->pressure == memory::Pressure::calm) return;
  const auto written = try_build("gateway.log_pressure", [&] {
    log::warning("gateway.answering_under_pressure", {{"pressure", memory::to_string(gauge->pressure)},
                                                      {"used_bytes", gauge->used.count()},
                                                      {"limit_bytes", gauge->limit.count()},
                                                      {"thread", run.thread_id},
                                                      {"run", run.id.text()},
                                                      {"recover_by", "GET /v1/runs/" + run.id.text()}});
    return true;
  });
  static_cast<void>(written);
}

}  // namespace holdfast::gateway
