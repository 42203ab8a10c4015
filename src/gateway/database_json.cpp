#include "gateway/database_json.hpp"

namespace holdfast::gateway {

using journal::JournalHealth;

bool has_pool(const journal::StoreHealth::Connections& pool) { return pool.size > 0 || pool.created > 0; }

void add_connections(ObjectText& out, const journal::StoreHealth::Connections& pool) {
  out.number("size", std::int64_t{pool.size}).number("idle", std::int64_t{pool.idle});
  out.number("in_use", std::int64_t{pool.in_use}).number("waiting", std::int64_t{pool.waiting});
  out.number("created", static_cast<std::int64_t>(pool.created));
  out.number("broken", static_cast<std::int64_t>(pool.broken));
  out.number("resets", static_cast<std::int64_t>(pool.resets));
}

void add_latency(ObjectText& out, std::chrono::microseconds latency) {
  // Nothing was read yet: that is not "no time at all".
  if (latency.count() == 0) out.raw("read_latency_ms", "null");
  if (latency.count() > 0) out.decimal("read_latency_ms", static_cast<double>(latency.count()) / 1000.0);
}

std::string spill_json(const journal::StoreHealth::Spill& spill) {
  ObjectText out;
  out.boolean("active", spill.active).number("depth", spill.depth);
  return out.number("oldest_seconds", std::chrono::duration_cast<std::chrono::seconds>(spill.oldest).count()).take();
}

bool connected(const JournalHealth& health) { return health.writable && health.store.reachable; }

std::string_view state_of(const JournalHealth& health) {
  if (!health.writable) return "unhealthy";
  return health.store.reachable && !health.store.spill.active ? "healthy" : "degraded";
}

}  // namespace holdfast::gateway
