// GET /health/memory: the names and units that operators of the original know, and beside them the true measures.
#include <fmt/format.h>

#include <algorithm>

#include "gateway/governor_json.hpp"
#include "gateway/json_text.hpp"
#include "gateway/routes.hpp"
#include "memory/own_bands.hpp"

namespace holdfast::gateway {
namespace {

constexpr double kMegabyte = 1024.0 * 1024.0;
// memory_threshold_mb: from here on the original asked for a restart.
constexpr double kCriticalShare = memory::LevelConfig().enter[1];

double megabytes(Bytes size) { return static_cast<double>(size.count()) / kMegabyte; }

ObjectText& megabytes(ObjectText& out, std::string_view key, std::optional<Bytes> size) {
  return size ? out.decimal(key, megabytes(*size)) : out.raw(key, "null");
}

ObjectText& bytes(ObjectText& out, std::string_view key, std::optional<Bytes> size) {
  return size ? out.number(key, static_cast<std::int64_t>(size->count())) : out.raw(key, "null");
}

std::string warnings_json(const memory::MemoryView& view) {
  std::vector<std::string> warnings;
  if (view.level != memory::Level::normal && view.last_change) {
    warnings.push_back(fmt::format("memory is {}: {}", to_string(view.level), view.last_change->cause));
  }
  if (view.last && !view.last->usage)
    warnings.push_back("memory cannot be read: " + view.last->usage.error().message());
  return json_string_array(warnings);
}

std::string level_json(const memory::MemoryView& view, const Clock& clock) {
  ObjectText out;
  out.text("name", to_string(view.level));
  if (!view.last_change) return out.raw("since", "null").raw("cause", "null").take();
  const auto ago = std::chrono::duration_cast<std::chrono::milliseconds>(clock.steady() - view.last_change->at);
  return out.text("since", iso_time(clock.wall() - ago.count())).text("cause", view.last_change->cause).take();
}

ObjectText& add_bands(ObjectText& out, const memory::Bands& bands) {
  bytes(out, "live_bytes", bands.live);
  bytes(out, "allocator_held_bytes", bands.allocator_held);
  bytes(out, "runtime_held_bytes", bands.runtime_held);
  return bytes(out, "outside_bytes", bands.outside);
}

// Of the server itself.
std::string bands_json(const memory::Snapshot& snapshot) {
  if (!snapshot.own) return "null";
  const auto bands = memory::read_own_bands(*snapshot.own);
  if (!bands) return "null";
  ObjectText out;
  bytes(out, "resident_bytes", bands->resident);
  return add_bands(out, *bands).take();
}

// Of the worker and everything it started: what is not the agent's own process is outside.
void add_agent(ObjectText& out, const memory::WorkerMemory& worker, const std::optional<memory::AgentFigures>& agent) {
  const Bytes resident(worker.resident.count() + worker.file.count());
  add_bands(out, memory::make_bands(resident, agent ? memory::to_band_report(*agent) : memory::BandReport()));
  if (!agent) {
    out.raw("runtime", "null").raw("allocator", "null");
    return;
  }
  const auto version = agent->version.empty() ? "" : " " + agent->version;
  out.text("runtime",
           agent->runtime == agent::kNoRuntime ? "none" : std::string(memory::to_string(agent->runtime)) + version);
  out.text("allocator", memory::to_string(agent->allocator));
}

// Null: it was not measured yet, or nobody does.
void add_growth(ObjectText& out, const governor::GovernorStatus& status, int pid) {
  const auto found = std::ranges::find(status.workers, pid, &governor::WorkerGrowth::pid);
  const bool known = found != status.workers.end();
  bytes(out, "floor_bytes", known ? std::optional(found->floor) : std::nullopt);
  bytes(out, "fresh_floor_bytes", known ? std::optional(found->fresh_floor) : std::nullopt);
  out.number("runs", known ? std::optional(static_cast<std::int64_t>(found->runs)) : std::nullopt);
}

std::string workers_json(const memory::Snapshot& snapshot, const workers::PoolStatus& pool,
                         const governor::GovernorStatus& governor) {
  std::string list = "[";
  for (const auto& worker : snapshot.workers) {
    if (!worker) continue;
    const auto same = [&](const workers::WorkerStatus& status) { return status.pid == worker->pid; };
    const auto status = std::ranges::find_if(pool.workers, same);
    if (status == pool.workers.end()) continue;
    if (list.size() > 1) list += ',';
    ObjectText out;
    out.number("index", std::int64_t{status->index}).number("pid", std::int64_t{worker->pid});
    out.text("state", status->state);
    bytes(out, "resident_bytes", worker->resident);
    bytes(out, "file_bytes", worker->file);
    bytes(out, "virtual_bytes", worker->vm_size);
    bytes(out, "swap_bytes", worker->swap);
    add_agent(out, *worker, status->agent);
    out.number("processes", static_cast<std::int64_t>(worker->processes));
    out.number("threads", static_cast<std::int64_t>(worker->threads));
    add_growth(out, governor, worker->pid);
    list += out.take();
  }
  return list + ']';
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
  out.raw("bands", view.last ? bands_json(*view.last) : "null");
  out.raw("workers", view.last ? workers_json(*view.last, pool, governor) : "[]");
  out.raw("admission", admission_json(governor.admission)).raw("routes", routes_json(governor));
  out.raw("level", level_json(view, *services.clock)).text("timestamp", iso_time(services.clock->wall()));
  auto response = json_response(200, out.take());
  co_await send_response(std::move(call), std::move(response));
}

}  // namespace holdfast::gateway
