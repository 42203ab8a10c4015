// GET /metrics. Everything in it is known already: a scrape reads the allocator's statistics and nothing else.
#include "base/log.hpp"
#include "gateway/collect_metrics.hpp"
#include "gateway/fallback.hpp"
#include "gateway/operations/consoles.hpp"
#include "gateway/proxy/proxy.hpp"
#include "gateway/routes.hpp"
#include "memory/own_bands.hpp"

namespace holdfast::gateway {
namespace {

std::optional<memory::Bands> own_bands(const memory::MemoryView* view) {
  if (view == nullptr || !view->last || !view->last->own) return std::nullopt;
  auto bands = memory::read_own_bands(*view->last->own);
  if (!bands) return std::nullopt;
  return *bands;
}

MetricsInput gather(const Call& call) {
  const auto& services = *call.services;
  MetricsInput input;
  input.now = services.clock->steady();
  input.started = services.started;
  input.started_wall = services.started_wall;
  input.version = call.config().version;
  input.draining = call.coordinator().draining();
  input.connections = services.server->connections();
  input.requests = services.server->requests();
  input.log_dropped = log::dropped();
  input.runs = call.coordinator().status();
  input.pool = services.pool->status();
  input.passing = services.proxy->status();
  input.operations = services.consoles->status();
  input.journal = services.journal->health();
  input.memory = call.config().memory;
  input.own_bands = own_bands(input.memory);
  input.governor = call.config().governor;
  input.cache = call.coordinator().answers().status();
  return input;
}

Response metrics_response(const Call& call) {
  Response response;
  response.content_type = "text/plain; version=0.0.4";
  response.body = exposition_text(collect_metrics(gather(call)));
  return response;
}

}  // namespace

// It is asked for when memory is short more than ever: that must not end the server.
awaitable<void> get_metrics(Call call) {
  auto response = try_build("gateway.build_response", [&] { return metrics_response(call); });
  if (response) {
    co_await call.exchange->send(std::move(*response));
  } else {
    send_cannot_build(call, response.error());
  }
}

}  // namespace holdfast::gateway
