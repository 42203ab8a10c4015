#include "gateway/json_text.hpp"
#include "gateway/routes.hpp"

namespace holdfast::gateway {
namespace {

constexpr double kMegabyte = 1024.0 * 1024.0;

awaitable<void> send_status(Call call, int status, std::string body) {
  auto response = json_response(status, std::move(body));
  co_await send_response(std::move(call), std::move(response));
}

// Of the server's own process; GET /health/memory has the whole tree.
std::string memory_json(const memory::MemoryView* view) {
  ObjectText out;
  if (view == nullptr || !view->last || !view->last->own) {
    return out.raw("rss_mb", "null").raw("vms_mb", "null").raw("percent", "null").take();
  }
  const auto& own = *view->last->own;
  const auto resident = static_cast<double>(own.anonymous.count() + own.file.count() + own.shared.count());
  out.decimal("rss_mb", resident / kMegabyte);
  out.decimal("vms_mb", static_cast<double>(own.vm_size.count()) / kMegabyte);
  if (!view->usage) return out.raw("percent", "null").take();
  return out.decimal("percent", 100.0 * resident / static_cast<double>(view->usage->limit.count())).take();
}

std::string database_json(const GatewayConfig& config, const journal::JournalHealth& health) {
  ObjectText out;
  out.boolean("healthy", health.writable).text("checkpointer_type", config.store_name);
  if (health.writable) return out.raw("error", "null").take();
  return out.text("error", health.error).take();
}

std::string workers_json(const workers::PoolStatus& pool) {
  ObjectText out;
  out.number("ready", std::int64_t{pool.ready}).number("size", static_cast<std::int64_t>(pool.workers.size()));
  out.boolean("crash_loop", pool.crash_loop);
  std::string processes = "[";
  for (const auto& worker : pool.workers) {
    if (processes.size() > 1) processes += ',';
    ObjectText process;
    process.number("index", std::int64_t{worker.index}).number("pid", std::int64_t{worker.pid});
    processes += process.text("state", worker.state).take();
  }
  out.raw("processes", processes + "]");
  if (pool.last_failure.empty()) return out.raw("last_failure", "null").take();
  return out.text("last_failure", pool.last_failure).take();
}

std::string runs_json(const runs::CoordinatorStatus& status) {
  ObjectText out;
  out.number("queued", std::int64_t{status.queued}).number("running", std::int64_t{status.running});
  out.number("completed", static_cast<std::int64_t>(status.completed));
  out.number("failed", static_cast<std::int64_t>(status.failed));
  out.number("cancelled", static_cast<std::int64_t>(status.cancelled));
  return out.number("expired", static_cast<std::int64_t>(status.expired)).take();
}

}  // namespace

awaitable<void> get_livez(Call call) { return send_status(std::move(call), 200, R"({"status":"ok"})"); }

// Requests are answered only after recovery, so to be asked is to be started.
awaitable<void> get_startupz(Call call) { return send_status(std::move(call), 200, R"({"status":"ok"})"); }

awaitable<void> get_readyz(Call call) {
  if (call.coordinator().draining()) return send_status(std::move(call), 503, R"({"status":"draining"})");
  if (!call.services->journal->health().writable) {
    return send_status(std::move(call), 503, R"({"status":"journal_unavailable"})");
  }
  return send_status(std::move(call), 200, R"({"status":"ok"})");
}

awaitable<void> get_health(Call call) {
  const auto& services = *call.services;
  const auto journal = services.journal->health();
  const auto pool = services.pool->status();
  const bool healthy = journal.writable && !pool.crash_loop;
  if (!call.subject.known()) {
    // Enough for whoever only has to know whether to worry.
    ObjectText least;
    least.text("status", healthy ? "healthy" : "degraded").text("timestamp", iso_time(services.clock->wall()));
    return send_status(std::move(call), 200, least.take());
  }
  const auto uptime = std::chrono::duration<double>(services.clock->steady() - services.started).count();
  ObjectText out;
  out.text("status", healthy ? "healthy" : "degraded").text("timestamp", iso_time(services.clock->wall()));
  out.decimal("uptime_seconds", uptime).text("version", call.config().version);
  out.raw("memory", memory_json(call.config().memory)).raw("database", database_json(call.config(), journal));
  out.number("total_requests_processed", static_cast<std::int64_t>(services.server->requests()));
  out.raw("workers", workers_json(pool)).raw("runs", runs_json(call.coordinator().status()));
  return send_status(std::move(call), 200, out.take());
}

}  // namespace holdfast::gateway
