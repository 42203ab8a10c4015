// GET /metrics. Everything in it is known already: a scrape reads the allocator's statistics and nothing else.
#include "base/log.hpp"
#include "gateway/collect_metrics.hpp"
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
  input.journal = services.journal->health();
  input.memory = call.config().memory;
  input.own_bands = own_bands(input.memory);
  input.governor = call.config().governor;
  return input;
}

}  // namespace

awaitable<void> get_metrics(Call call) {
  Response response;
  response.content_type = "text/plain; version=0.0.4";
  response.body = exposition_text(collect_metrics(gather(call)));
  co_await send_response(std::move(call), std::move(response));
}

}  // namespace holdfast::gateway
