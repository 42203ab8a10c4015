#include "gateway/gateway.hpp"

#include <fmt/format.h>

#include <array>

#include "base/log.hpp"
#include "gateway/assets.hpp"
#include "gateway/guaranteed/guaranteed_run.hpp"
#include "gateway/identity/credential.hpp"
#include "gateway/proxy/forwarded_head.hpp"
#include "gateway/route.hpp"
#include "gateway/routes.hpp"
#include "gateway/run_request.hpp"

namespace holdfast::gateway {
namespace {

constexpr auto kNeedsBody = BodyRule::required;
constexpr auto kNoBody = BodyRule::ignored;
constexpr auto kAnybody = Access::anybody;

constexpr std::array kRoutes{
    Route{"POST", "/analyze", kNeedsBody, post_analyze},
    Route{"POST", "/v1/threads/{thread_id}/runs", kNeedsBody, post_thread_run},
    Route{"GET", "/v1/threads/{thread_id}/runs", kNoBody, get_thread_runs},
    Route{"GET", "/v1/threads", kNoBody, get_threads},
    Route{"GET", "/v1/checkpoints", kNoBody, get_checkpoints},
    Route{"GET", "/v1/threads/{thread_id}/checkpoints", kNoBody, get_checkpoints, Access::thread},
    Route{"DELETE", "/v1/threads/{thread_id}/checkpoints", kNoBody, delete_checkpoints, Access::thread},
    Route{"GET", "/v1/threads/{thread_id}/checkpoints/{checkpoint_id}", kNoBody, get_checkpoint, Access::thread},
    Route{"PUT", "/v1/threads/{thread_id}/checkpoints/{checkpoint_id}", kNeedsBody, put_checkpoint, Access::thread},
    Route{"PUT", "/v1/threads/{thread_id}/checkpoints/{checkpoint_id}/writes/{task_id}", kNeedsBody,
          put_checkpoint_writes, Access::thread},
    Route{"GET", "/v1/runs", kNoBody, get_runs},
    Route{"GET", "/v1/runs/{run_id}", kNoBody, get_run},
    Route{"GET", "/v1/runs/{run_id}/events", kNoBody, get_events},
    Route{"GET", "/v1/runs/{run_id}/response", kNoBody, get_response},
    Route{"GET", "/v1/runs/{run_id}/profile", kNoBody, get_profile},
    Route{"GET", "/v1/runs/{run_id}/timeline", kNoBody, get_timeline},
    Route{"POST", "/v1/runs/{run_id}/cancel", kNoBody, post_cancel},
    Route{"POST", "/v1/runs/{run_id}/ack", kNoBody, post_ack},
    Route{"GET", "/initial-followup-prompts", kNoBody, get_initial_prompts},
    Route{"GET", "/livez", kNoBody, get_livez, kAnybody},
    Route{"GET", "/readyz", kNoBody, get_readyz, kAnybody},
    Route{"GET", "/startupz", kNoBody, get_startupz, kAnybody},
    Route{"GET", "/health", kNoBody, get_health, Access::optional},
    Route{"GET", "/health/memory", kNoBody, get_memory},
    Route{"GET", "/metrics", kNoBody, get_metrics},
    // A whole conversation comes before what has a thread in the same place.
    Route{"GET", "/chat/all-messages-for-one-thread/{thread_id}", kNoBody, get_one_conversation},
    Route{"GET", "/chat/all-messages-for-all-threads", kNoBody, get_all_conversations},
    Route{"GET", "/chat/all-messages", kNoBody, get_all_conversations},
    Route{"GET", "/chat-threads", kNoBody, get_chat_threads},
    Route{"GET", "/chat/{thread_id}/messages", kNoBody, get_chat_messages},
    Route{"GET", "/chat/{thread_id}/run-ids", kNoBody, get_chat_run_ids},
    Route{"GET", "/chat/{thread_id}/sentiments", kNoBody, get_chat_sentiments},
    Route{"DELETE", "/chat/{thread_id}", kNoBody, delete_chat},
    Route{"DELETE", "/v1/threads/{thread_id}", kNoBody, delete_thread},
    Route{"POST", "/feedback", kNeedsBody, post_feedback},
    Route{"POST", "/sentiment", kNeedsBody, post_sentiment},
    Route{"POST", "/stop-execution", kNeedsBody, post_stop_execution},
    Route{"GET", "/health/database", kNoBody, get_health_database},
    Route{"GET", "/health/prepared-statements", kNoBody, get_prepared_statements},
    Route{"GET", "/debug/pool-status", kNoBody, get_pool_status},
    Route{"GET", "/debug/run-id/{run_id}", kNoBody, get_debug_run},
    Route{"GET", "/debug/chat/{thread_id}/checkpoints", kNoBody, get_debug_checkpoints},
    Route{"GET", "/catalog", kNoBody, get_catalog},
    Route{"GET", "/data-tables", kNoBody, get_data_tables},
    Route{"GET", "/data-table", kNoBody, get_data_table},
    Route{"GET", "/health/rate-limits", kNoBody, get_rate_limits},
    Route{"GET", "/v1/probe/hold", kNoBody, get_probe_hold},
    Route{"GET", "/v1/probe/stream", kNoBody, get_probe_stream},
    Route{"GET", "/v1/operations/events", kNoBody, get_operations_events},
    Route{"GET", "/v1/incidents", kNoBody, get_incidents, Access::admin},
    Route{"POST", "/admin/reset-pool", kNoBody, post_reset_pool, Access::admin},
    Route{"POST", "/admin/relieve", kNoBody, post_relieve, Access::admin},
    Route{"POST", "/admin/clear-cache", kNoBody, post_clear_cache, Access::admin},
};

constexpr std::array<std::string_view, 8> kKnownMethods{"GET",    "HEAD",  "POST",    "PUT",
                                                        "DELETE", "PATCH", "OPTIONS", "QUERY"};

Provenance provenance_of(const Request& request) {
  Provenance provenance;
  // A page of any origin may open a WebSocket and read what comes over it: an upgrade is no mere reading.
  const bool upgrades = request.headers.contains("Upgrade") && !upgrade_of(request).empty();
  provenance.method = upgrades ? std::string_view("CONNECT") : std::string_view(request.method);
  provenance.host = request.headers.find("Host");
  if (!request.target.authority.empty()) provenance.host = request.target.authority;
  provenance.origin = request.headers.find("Origin");
  provenance.sec_fetch_site = request.headers.find("Sec-Fetch-Site");
  return provenance;
}

std::optional<Problem> check_origin(const Request& request, const TrustedNames& trusted) {
  switch (judge_origin(provenance_of(request), trusted)) {
    case OriginVerdict::allowed: return std::nullopt;
    case OriginVerdict::wrong_host:
      return make_problem(421, "wrong-host", "The request is for another host",
                          "this server answers to localhost, 127.0.0.1, [::1] and the names in server.trusted_hosts");
    case OriginVerdict::cross_site:
      return make_problem(
          403, "cross-site", "The request comes from another site",
          "a page of another origin may not change anything here, unless server.trusted_origins names it");
  }
  std::unreachable();
}

// What is wrong with a request that no route answers.
Problem no_route(const Request& request, const RouteMatch& match) {
  const bool known_method = std::ranges::find(kKnownMethods, request.method) != kKnownMethods.end();
  if (!match.allow.empty()) {
    return make_problem(405, "method-not-allowed", "The method is not allowed here", "this path allows " + match.allow);
  }
  if (!known_method) {
    return make_problem(501, "method-unknown", "The method is not known", "this server does not know that method");
  }
  return not_found("there is nothing at this path");
}

bool is_for_a_worker(const Request& request) {
  if (request.method == "CONNECT" || is_own_path(request.method, request.target.segments)) return false;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  return !reads || find_asset(request.target.path) == nullptr;
}

}  // namespace

bool is_own_path(std::string_view method, const std::vector<std::string>& segments) {
  const auto match = match_route(kRoutes, method, segments);
  return match.route != nullptr || !match.allow.empty();
}

Gateway::Gateway(asio::any_io_executor executor, runs::Coordinator& coordinator, journal::Journal& journal,
                 workers::Pool& pool, const Clock& clock, GatewayConfig config)
    : config_(std::move(config)),
      authentication_(executor, clock, config_.auth),
      proxy_(executor, pool, clock, config_.pass_through),
      server_(
          executor, clock, config_.server,
          {.serve = [this](Exchange* exchange) { return serve(exchange); },
           .streams_body = [this](const Request& request) { return guaranteed(request) != nullptr || passes(request); },
           .sweep = [this](SteadyTime now) { proxy_.sweep(now); }}),
      turnstile_(config_.allowance),
      receiving_(executor),
      consoles_(std::move(executor), services_) {
  // No page can rebind an address, and with a login a name has nothing to win either: pages of other origins do not
  // have the token. Names are still checked, addresses need not be listed.
  config_.trusted.any_address = authentication_.required();
  services_.coordinator = &coordinator;
  services_.journal = &journal;
  services_.pool = &pool;
  services_.clock = &clock;
  services_.config = &config_;
  services_.server = &server_;
  services_.turnstile = &turnstile_;
  services_.receiving = &receiving_;
  services_.proxy = &proxy_;
  services_.consoles = &consoles_;
  services_.reserve = &reserve_;
  services_.started = clock.steady();
  services_.started_wall = clock.wall();
}

Result<void> Gateway::listen(std::string_view address) {
  auto parsed = parse_listen_address(address);
  if (!parsed) return fail(std::move(parsed));
  auto opened = authentication_.open(parsed->loopback);
  if (!opened) return opened;
  auto socket = open_listen_socket(*parsed);
  if (!socket) return fail(std::move(socket), "listen on " + std::string(address));
  server_.listen_on(socket->fd);
  address_ = std::move(socket->address);
  return {};
}

Result<void> Gateway::listen_on(int fd) {
  auto socket = adopt_listen_socket(fd);
  if (!socket) return fail(std::move(socket));
  auto opened = authentication_.open(socket->address.loopback);
  if (!opened) return opened;
  server_.listen_on(socket->fd);
  address_ = std::move(socket->address);
  return {};
}

std::string Gateway::url() const {
  const bool v6 = address_.host.contains(':');
  return fmt::format("http://{}:{}/", v6 ? "[" + address_.host + "]" : address_.host, address_.port);
}

std::string Gateway::local_url() const {
  const bool v6 = address_.host.contains(':');
  std::string host = v6 ? "[" + address_.host + "]" : address_.host;
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "[::]") host = "[::1]";
  return fmt::format("http://{}:{}", host, address_.port);
}

void Gateway::drop_caches() { turnstile_.allowance.forget_idle(services_.clock->steady()); }

awaitable<void> Gateway::drain(SteadyTime deadline) {
  co_await server_.drain(deadline);
  authentication_.stop();
}

// Absent: the request is none of a worker.
std::optional<Result<Subject>> Gateway::worker_subject(const RouteMatch& match, const Request& request) const {
  if (match.route->access != Access::thread || config_.worker_tokens == nullptr) return std::nullopt;
  const auto token = credential_of(request.headers, KeyHeader::ignored);
  if (!token || !token->starts_with(runs::WorkerTokens::kPrefix)) return std::nullopt;
  const auto* grant = config_.worker_tokens->find(*token);
  if (grant == nullptr || grant->thread_id != match.parameters.front()) {
    return fail(ErrorCode::invalid_argument, "the worker token is of another thread, or its attempt has ended");
  }
  return Subject{.owner = grant->owner, .admin = false};
}

awaitable<Result<Subject>> Gateway::subject_for(const RouteMatch* match, const Request* request) {
  const auto* route = match->route;
  if (route->access == Access::anybody) co_return Subject();
  if (auto worker = worker_subject(*match, *request)) co_return std::move(*worker);
  auto subject = co_await authentication_.identify(request);
  if (!subject && route->access == Access::optional) co_return Subject();
  co_return subject;
}

// What nothing of ours answers, whatever the method. CONNECT asks for another server.
bool Gateway::passes(const Request& request) const { return proxy_.on() && is_for_a_worker(request); }

// An upgraded connection has no answer that could be kept.
const GuaranteedRoute* Gateway::guaranteed(const Request& request) const {
  const auto* route = find_guaranteed_route(config_.guaranteed, request.method, request.target.segments);
  return route == nullptr || !is_for_a_worker(request) || !upgrade_of(request).empty() ? nullptr : route;
}

// False: whoever asks is not known, and was told so.
awaitable<bool> Gateway::admit(Call* call) {
  const auto* request = &call->request();
  auto subject = co_await authentication_.identify(request);
  if (!subject) {
    log::debug("gateway.unauthenticated", {{"path", request->target.path}, {"why", subject.error().message()}});
    auto response = unauthenticated(subject.error(), request->target.path);
    co_await send_response(*call, std::move(response));
    co_return false;
  }
  call->subject = std::move(*subject);
  co_return true;
}

awaitable<void> Gateway::pass_through(Call call) {
  const bool admitted = co_await admit(&call);
  if (!admitted) co_return;
  const bool authenticated = authentication_.required();
  co_await proxy_.pass(std::move(call), authenticated);
}

awaitable<void> Gateway::guarantee(Call call, const GuaranteedRoute* route) {
  const bool admitted = co_await admit(&call);
  if (!admitted) co_return;
  const bool authenticated = authentication_.required();
  co_await serve_guaranteed(std::move(call), route, authenticated);
}

awaitable<void> Gateway::serve(Exchange* exchange) {
  const auto& request = exchange->request();
  Call call;
  call.services = &services_;
  call.exchange = exchange;
  if (auto refused = check_origin(request, config_.trusted)) {
    co_await send_problem(std::move(call), std::move(*refused));
    co_return;
  }
  if (const auto* route = guaranteed(request)) co_return co_await guarantee(std::move(call), route);
  if (request.streams_body) co_return co_await pass_through(std::move(call));
  auto match = match_route(kRoutes, request.method, request.target.segments);
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (match.route == nullptr && reads) {
    const bool sent = co_await get_asset(call);
    if (sent) co_return;
  }
  if (match.route == nullptr) {
    auto response = to_response(no_route(request, match), request.target.path);
    if (response.status == 405) response.headers.add("Allow", match.allow);
    co_await send_response(std::move(call), std::move(response));
    co_return;
  }
  if (match.route->body == BodyRule::required && !request.has_body) {
    auto problem = make_problem(411, "length-required", "The request needs a body with its length",
                                "send Content-Length or chunked transfer coding");
    co_await send_problem(std::move(call), std::move(problem));
    co_return;
  }
  // Without a login the order makes no difference, and the route reads the body anyway.
  if (match.route->body == BodyRule::required && authentication_.required()) {
    if (auto malformed = check_json_syntax(request.body)) {
      co_await send_problem(std::move(call), std::move(*malformed));
      co_return;
    }
  }
  auto subject = co_await subject_for(&match, &request);
  if (!subject) {
    log::debug("gateway.unauthenticated", {{"path", request.target.path}, {"why", subject.error().message()}});
    auto response = unauthenticated(subject.error(), request.target.path);
    co_await send_response(std::move(call), std::move(response));
    co_return;
  }
  if (match.route->access == Access::admin && !subject->admin) {
    auto problem = make_problem(403, "not-an-administrator", "This is for administrators",
                                "auth.admins does not name the subject of this request");
    co_await send_problem(std::move(call), std::move(problem));
    co_return;
  }
  call.subject = std::move(*subject);
  call.parameters = std::move(match.parameters);
  co_await match.route->answer(std::move(call));
}

}  // namespace holdfast::gateway
