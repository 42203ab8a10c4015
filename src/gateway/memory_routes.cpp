// GET /health/memory: the names and units that operators of the original know, and beside them the true measures.
#include "gateway/governor_json.hpp"
#include "gateway/json_text.hpp"
#include "gateway/memory_json.hpp"
#include "gateway/routes.hpp"

namespace holdfast::gateway {
namespace {

constexpr double kMegabyte = 1024.0 * 1024.0;
// memory_threshold_mb: from here on the original asked for a restart.
constexpr double kCriticalShare = memory::LevelConfig().enter[1];

double megabytes(Bytes size) { return static_cast<double>(size.count()) / kMegabyte; }

ObjectText& megabytes(ObjectText& out, std::string_view key, std::optional<Bytes> size) {
  return size ? out.decimal(key, megabytes(*size)) : out.raw(key, "null");
}

std::string scaling_json(const Call& call, const workers::PoolStatus& pool) {
  const auto runs = call.coordinator().status();
  ObjectText out;
  out.number("max_concurrent_analyses", static_cast<std::int64_t>(pool.workers.size()));
  return out.number("running", std::int64_t{runs.running}).number("queued", std::int64_t{runs.queued}).take();
}

void add_usage(ObjectText& out, const memory::MemoryView& view) {
  const auto* usage = view.last && view.last->usage ? &*view.last->usage : nullptr;
  const auto sizes = view.last ? memory::sizes_of(*view.last) : std::nullopt;
  const auto used = usage != nullptr ? std::optional(usage->used) : std::nullopt;
  const auto limit = usage != nullptr ? std::optional(usage->limit) : std::nullopt;
  megabytes(out, "memory_rss_mb", used);
  megabytes(out, "memory_vms_mb", sizes ? std::optional(sizes->virtual_size) : std::nullopt);
  megabytes(out, "memory_limit_mb", limit);
  if (limit) {
    const double share = static_cast<double>(used->count()) / static_cast<double>(limit->count());
    out.decimal("memory_threshold_mb", kCriticalShare * megabytes(*limit));
    out.decimal("usage_percent", 100.0 * share).decimal("memory_usage_percent", 100.0 * share);
  } else {
    out.raw("memory_threshold_mb", "null").raw("usage_percent", "null").raw("memory_usage_percent", "null");
  }
  out.boolean("over_threshold", view.level >= memory::Level::critical);
  const auto ratio = sizes ? memory::fragmentation_ratio(sizes->virtual_size, sizes->resident) : std::nullopt;
  ratio ? out.decimal("fragmentation_ratio", *ratio) : out.raw("fragmentation_ratio", "null");
  if (used && view.baseline) {
    out.decimal("memory_growth_mb", megabytes(*used) - megabytes(*view.baseline));
  } else {
    out.raw("memory_growth_mb", "null");
  }
  megabytes(out, "baseline_memory_mb", view.baseline);
  usage != nullptr ? out.text("limit_source", to_string(usage->source)) : out.raw("limit_source", "null");
}

}  // namespace

awaitable<void> get_memory(Call call) {
  static const memory::MemoryView kUnknown;
  static const governor::GovernorStatus kUngoverned;
  const auto& services = *call.services;
  const auto& view = call.config().memory != nullptr ? *call.config().memory : kUnknown;
  const auto& governor = call.config().governor != nullptr ? *call.config().governor : kUngoverned;
  const auto pool = services.pool->status();
  ObjectText out;
  out.text("status", to_string(view.level));
  add_usage(out, view);
  out.number("total_requests_processed", static_cast<std::int64_t>(services.server->requests()));
  out.raw("warnings", warnings_json(view)).raw("cache_info", cache_json(call.coordinator().answers().status()));
  out.raw("scaling_info", scaling_json(call, pool));
  out.raw("bands", view.last ? own_bands_json(*view.last) : "null");
  out.raw("workers", view.last ? worker_memory_json(*view.last, pool, governor) : "[]");
  out.raw("admission", admission_json(governor.admission)).raw("routes", routes_json(governor));
  out.raw("level", level_json(view, *services.clock)).text("timestamp", iso_time(services.clock->wall()));
  auto response = json_response(200, out.take());
  co_await send_response(std::move(call), std::move(response));
}

}  // namespace holdfast::gateway
