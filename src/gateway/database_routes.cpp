// How the journal's database is doing, in the forms of the original backend. All of it is what the journal knows
// already: asking costs the database nothing.
#include "base/log.hpp"
#include "gateway/database_json.hpp"
#include "gateway/routes.hpp"

namespace holdfast::gateway {
namespace {

using journal::JournalHealth;
using Connections = journal::StoreHealth::Connections;

// The pool makes new connections by itself and within milliseconds, if the database is there. Whoever asked is told how
// it went, but not kept for longer than this.
constexpr std::chrono::milliseconds kResetPatience{5'000};
constexpr std::chrono::milliseconds kLookAgain{10};

// Every connection of `before` is gone, and its successor is there.
bool is_reset(const Connections& before, const Connections& now) {
  const auto gone = (now.replaced - before.replaced) + (now.broken - before.broken);
  return now.resets > before.resets && gone >= static_cast<std::uint64_t>(before.size);
}

void add_error(ObjectText& out, std::string_view key, const JournalHealth& health) {
  const auto& error = health.writable ? health.store.error : health.error;
  if (error.empty()) out.raw(key, "null");
  if (!error.empty()) out.text(key, error);
}

awaitable<void> send_state(Call call, int status, std::string body) {
  auto response = json_response(status, std::move(body));
  co_await send_response(std::move(call), std::move(response));
}

}  // namespace

awaitable<void> get_health_database(Call call) {
  const auto health = call.services->journal->health();
  ObjectText out;
  out.text("status", state_of(health)).text("database_connection", connected(health) ? "healthy" : "error");
  out.boolean("checkpointer_available", health.writable).text("checkpointer_type", health.store.type);
  add_latency(out, health.store.read_latency);
  out.raw("spill", spill_json(health.store.spill));
  add_error(out, "error", health);
  out.text("timestamp", iso_time(call.services->clock->wall()));
  return send_state(std::move(call), health.writable ? 200 : 503, out.take());
}

// No statement is ever prepared under a name: behind a pooler in transaction mode it would belong to somebody else's
// connection.
awaitable<void> get_prepared_statements(Call call) {
  const auto health = call.services->journal->health();
  ObjectText out;
  out.text("status", state_of(health)).text("checkpointer_status", connected(health) ? "healthy" : "unavailable");
  out.number("prepared_statements_count", 0).text("prepared_statement_names", "none");
  out.raw("connection_kwargs", R"({"prepare_threshold":null})");
  out.text("timestamp", iso_time(call.services->clock->wall()));
  return send_state(std::move(call), 200, out.take());
}

awaitable<void> get_pool_status(Call call) {
  const auto health = call.services->journal->health();
  const auto& pool = health.store.connections;
  ObjectText out;
  out.text("timestamp", iso_time(call.services->clock->wall())).text("checkpointer_type", health.store.type);
  out.boolean("global_checkpointer_exists", true).boolean("has_connection_pool", has_pool(pool));
  out.boolean("pool_closed", false).boolean("pool_healthy", connected(health));
  out.boolean("can_query", health.store.reachable);
  add_error(out, "query_error", health);
  add_connections(out, pool);
  return send_state(std::move(call), 200, out.take());
}

awaitable<void> post_reset_pool(Call call) {
  const auto& journal = *call.services->journal;
  const auto before = journal.health().store.connections;
  auto begun = co_await call.services->journal->reset_connections();
  if (!begun) {
    co_await send_error(std::move(call), begun.error());
    co_return;
  }
  const bool pooled = has_pool(before);
  log::info("gateway.pool_reset", {{"admin", call.subject.owner}, {"connections", before.size}});
  const auto deadline = call.in(kResetPatience);
  bool waits = pooled;
  while (waits && !is_reset(before, journal.health().store.connections)) {
    const bool slept = co_await sleep_until(call.in(kLookAgain));
    waits = slept && !call.exchange->interrupted() && call.in({}) < deadline;
  }
  const auto health = journal.health();
  const auto& pool = health.store.connections;
  ObjectText out;
  out.text("status", !pooled ? "nothing_to_reset" : is_reset(before, pool) ? "done" : "under_way");
  out.text("timestamp", iso_time(call.services->clock->wall())).text("checkpointer_type", health.store.type);
  out.number("replaced", static_cast<std::int64_t>(pool.replaced - before.replaced));
  add_connections(out, pool);
  co_await send_state(std::move(call), 200, out.take());
}

}  // namespace holdfast::gateway
