/// What a route is given: the exchange, who asks, the path's parameters, and the rest of the program.
///
/// Ownership: everything pointed to outlives the call. Runs on: supervisor strand.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "gateway/config.hpp"
#include "gateway/exchange.hpp"
#include "gateway/problem.hpp"
#include "gateway/run_json.hpp"
#include "gateway/subject.hpp"
#include "journal/journal.hpp"
#include "runs/coordinator.hpp"
#include "workers/pool.hpp"

namespace holdfast::gateway {

struct FallbackReserve;
struct Receiving;
struct Turnstile;
class Proxy;
class Consoles;

/// What routes use of the program.
struct Services {
  runs::Coordinator* coordinator = nullptr;
  journal::Journal* journal = nullptr;
  workers::Pool* pool = nullptr;
  const Clock* clock = nullptr;
  const GatewayConfig* config = nullptr;
  const Server* server = nullptr;
  Turnstile* turnstile = nullptr;
  Receiving* receiving = nullptr;
  const Proxy* proxy = nullptr;
  Consoles* consoles = nullptr;
  FallbackReserve* reserve = nullptr;
  mutable int probes = 0;  ///< Under way (probe_routes.cpp).
  SteadyTime started;
  UnixMillis started_wall = 0;
};

struct Call {
  const Services* services = nullptr;
  Exchange* exchange = nullptr;
  Subject subject;
  std::vector<std::string> parameters;

  [[nodiscard]] const Request& request() const noexcept { return exchange->request(); }
  [[nodiscard]] runs::Coordinator& coordinator() const noexcept { return *services->coordinator; }
  [[nodiscard]] const GatewayConfig& config() const noexcept { return *services->config; }
  [[nodiscard]] SteadyTime in(std::chrono::milliseconds delay) const { return services->clock->steady() + delay; }
};

/// Sends the problem with the request's path as its instance.
awaitable<void> send_problem(Call call, Problem problem);

awaitable<void> send_response(Call call, Response response);

/// Sends one or the other.
awaitable<void> send_outcome(Call call, std::expected<Response, Problem> outcome);

/// Sends what a failed call into `runs` means to a client.
awaitable<void> send_error(Call call, Error error);

/// 410 when the run was emptied at the end of its retention.
[[nodiscard]] std::optional<Problem> retired_problem(const journal::Run& run);

/// The caller's run with its content. A Problem: 404 when it is not there or another owner's, 410 when it is emptied.
awaitable<std::expected<journal::Run, Problem>> own_run(Call call, RunId id);

/// The run named by the path's first parameter. A Problem: 400 when it is not a UUID, 404 when it is not there.
[[nodiscard]] std::expected<RunId, Problem> path_run_id(const Call& call);

/// The run of that id, if the subject may read it: its own, or any for an administrator. In that case the call goes on
/// in the name of the run's owner, and the log tells. Errors as Coordinator::find().
awaitable<Result<journal::Run>> find_readable(Call* call, RunId id);

/// The run named by the path's first parameter with its content, if the subject may read it: see find_readable().
/// A Problem as path_run_id() and own_run().
awaitable<std::expected<journal::Run, Problem>> readable_path_run(Call* call);

/// The run object as it is now, with its place in the queue.
[[nodiscard]] std::string current_run_json(const Call& call, const journal::Run& run, Via via);

/// A JSON array of them.
[[nodiscard]] std::string run_list_json(const Call& call, const std::vector<journal::Run>& runs);

/// Before the answer of a run goes out: when memory is short, the log says how to get it back. Never fails.
void note_pressure(const Call& call, const journal::Run& run) noexcept;

}  // namespace holdfast::gateway
