#include "gateway/memory_json.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/json_text.hpp"
#include "gateway/run_json.hpp"
#include "memory/own_bands.hpp"

namespace holdfast::gateway {
namespace {

ObjectText& bytes(ObjectText& out, std::string_view key, std::optional<Bytes> size) {
  return size ? out.number(key, static_cast<std::int64_t>(size->count())) : out.raw(key, "null");
}

ObjectText& add_bands(ObjectText& out, const memory::Bands& bands) {
  bytes(out, "live_bytes", bands.live);
  bytes(out, "allocator_held_bytes", bands.allocator_held);
  bytes(out, "runtime_held_bytes", bands.runtime_held);
  return bytes(out, "outside_bytes", bands.outside);
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

}  // namespace

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

std::string own_bands_json(const memory::Snapshot& snapshot) {
  if (!snapshot.own) return "null";
  const auto bands = memory::read_own_bands(*snapshot.own);
  if (!bands) return "null";
  ObjectText out;
  bytes(out, "resident_bytes", bands->resident);
  return add_bands(out, *bands).take();
}

std::string worker_memory_json(const memory::Snapshot& snapshot, const workers::PoolStatus& pool,
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

}  // namespace holdfast::gateway
