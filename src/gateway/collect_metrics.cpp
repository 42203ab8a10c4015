#include "gateway/collect_metrics.hpp"

#include <algorithm>
#include <array>

namespace holdfast::gateway {
namespace {

void collect_server(const MetricsInput& input, MetricSamples& out) {
  out.add(metric("holdfast_build_info"), 1, input.version);
  out.add(metric("holdfast_start_time_seconds"), std::chrono::milliseconds(input.started_wall));
  out.add(metric("holdfast_uptime_seconds"), input.now - input.started);
  out.add(metric("holdfast_draining"), input.draining);
  out.add(metric("holdfast_http_connections"), input.connections);
  out.add(metric("holdfast_http_requests_total"), input.requests);
  out.add(metric("holdfast_consoles"), input.operations.consoles);
  out.add(metric("holdfast_console_updates_merged_total"), input.operations.merged);
  out.add(metric("holdfast_consoles_refused_total"), input.operations.refused);
  out.add(metric("holdfast_log_dropped_total"), input.log_dropped);
}

void collect_runs(const runs::CoordinatorStatus& runs, MetricSamples& out) {
  out.add(metric("holdfast_runs_queued"), runs.queued);
  out.add(metric("holdfast_runs_running"), runs.running);
  const auto ended = metric("holdfast_runs_ended_total");
  out.add(ended, runs.completed, "completed");
  out.add(ended, runs.failed, "failed");
  out.add(ended, runs.cancelled, "cancelled");
  out.add(ended, runs.expired, "expired");
}

void collect_backlog(const std::optional<journal::Backlog>& backlog, MetricSamples& out) {
  if (!backlog) return;
  out.add(metric("holdfast_answers_undelivered"), backlog->undelivered);
  out.add(metric("holdfast_answers_undelivered_oldest_seconds"), backlog->oldest_undelivered);
  out.add(metric("holdfast_runs_queued_oldest_seconds"), backlog->oldest_queued);
}

void collect_workers(const workers::PoolStatus& pool, MetricSamples& out) {
  for (const std::string_view state : {"starting", "idle", "busy", "stopping", "backing_off", "parked"}) {
    const auto in_it = std::ranges::count(pool.workers, state, &workers::WorkerStatus::state);
    out.add(metric("holdfast_workers"), in_it, state);
  }
  out.add(metric("holdfast_workers_ready"), pool.ready);
  out.add(metric("holdfast_worker_crash_loop"), pool.crash_loop);
  for (const auto& worker : pool.workers) {
    out.add(metric("holdfast_worker_starts_total"), worker.starts, std::to_string(worker.index));
  }
}

void collect_passing(const ProxyStatus& passing, const workers::PoolStatus& pool, MetricSamples& out) {
  if (!passing.on) return;
  constexpr std::array<std::string_view, 5> kClasses{"1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 0; i < kClasses.size(); ++i) {
    out.add(metric("holdfast_pass_through_answers_total"), passing.answered.at(i), kClasses.at(i));
  }
  for (std::size_t i = 0; i < kPassFailures.size(); ++i) {
    out.add(metric("holdfast_pass_through_failures_total"), passing.failed.at(i), kPassFailures.at(i));
  }
  out.add(metric("holdfast_pass_through_open"), passing.open - passing.upgraded, "request");
  out.add(metric("holdfast_pass_through_open"), passing.upgraded, "upgraded");
  out.add(metric("holdfast_pass_through_bytes_total"), passing.to_worker, "to_worker");
  out.add(metric("holdfast_pass_through_bytes_total"), passing.to_client, "to_client");
  out.add(metric("holdfast_pass_through_heads_total"), passing.heads);
  out.add(metric("holdfast_pass_through_head_seconds_total"), passing.head_time);
  out.add(metric("holdfast_pass_through_connections_total"), passing.connected, "new");
  out.add(metric("holdfast_pass_through_connections_total"), passing.reused, "reused");
  out.add(metric("holdfast_pass_through_idle_connections"), pool.kept);
  out.add(metric("holdfast_pass_through_retries_total"), passing.retried);
}

// One process a place: while a successor starts, the place is still that of the process before it.
void collect_worker_sizes(const memory::Snapshot& snapshot, const workers::PoolStatus& pool, MetricSamples& out) {
  for (const auto& worker : snapshot.workers) {
    if (!worker) continue;
    const auto place = std::ranges::find(pool.workers, worker->pid, &workers::WorkerStatus::pid);
    if (place == pool.workers.end()) continue;
    const auto name = std::to_string(place->index);
    out.add(metric("holdfast_worker_resident_bytes"), worker->resident, name);
    out.add(metric("holdfast_worker_file_bytes"), worker->file, name);
    out.add(metric("holdfast_worker_virtual_bytes"), worker->vm_size, name);
    out.add(metric("holdfast_worker_swap_bytes"), worker->swap, name);
    out.add(metric("holdfast_worker_processes"), worker->processes, name);
    out.add(metric("holdfast_worker_threads"), worker->threads, name);
  }
}

void collect_connections(const journal::StoreHealth::Connections& pool, MetricSamples& out) {
  if (pool.size == 0 && pool.created == 0) return;
  out.add(metric("holdfast_journal_connections"), pool.idle, "idle");
  out.add(metric("holdfast_journal_connections"), pool.in_use, "in_use");
  out.add(metric("holdfast_journal_connection_waiters"), pool.waiting);
  out.add(metric("holdfast_journal_connections_created_total"), pool.created);
  out.add(metric("holdfast_journal_connections_broken_total"), pool.broken);
  out.add(metric("holdfast_journal_connections_replaced_total"), pool.replaced);
  out.add(metric("holdfast_journal_pool_resets_total"), pool.resets);
}

void collect_journal(const journal::JournalHealth& journal, MetricSamples& out) {
  const auto& store = journal.store;
  out.add(metric("holdfast_journal_writable"), journal.writable);
  out.add(metric("holdfast_journal_reachable"), store.reachable);
  out.add(metric("holdfast_journal_commits_total"), journal.commits);
  out.add(metric("holdfast_journal_writes_total"), journal.writes);
  if (store.read_latency.count() > 0) out.add(metric("holdfast_journal_read_latency_seconds"), store.read_latency);
  out.add(metric("holdfast_journal_spill_active"), store.spill.active);
  out.add(metric("holdfast_journal_spill_runs"), store.spill.depth);
  out.add(metric("holdfast_journal_spill_oldest_seconds"), store.spill.oldest);
  out.add(metric("holdfast_journal_spill_fenced_runs"), store.spill.fenced);
  collect_connections(store.connections, out);
}

void collect_usage(const Result<memory::Usage>& usage, MetricSamples& out) {
  out.add(metric("holdfast_memory_readable"), usage.has_value());
  if (!usage) return;
  out.add(metric("holdfast_memory_used_bytes"), usage->used);
  out.add(metric("holdfast_memory_limit_bytes"), usage->limit);
  using enum memory::LimitSource;
  for (const auto source : {setting, cgroup, machine}) {
    out.add(metric("holdfast_memory_limit_source"), source == usage->source, to_string(source));
  }
}

void collect_snapshot(const memory::Snapshot& snapshot, MetricSamples& out) {
  collect_usage(snapshot.usage, out);
  if (snapshot.tree) out.add(metric("holdfast_memory_tree_bytes"), *snapshot.tree);
  if (snapshot.working_set) out.add(metric("holdfast_memory_working_set_bytes"), *snapshot.working_set);
  if (snapshot.stall) {
    const auto& stall = *snapshot.stall;
    if (stall) out.add(metric("holdfast_memory_stall_ratio"), stall->some, "some");
    if (stall) out.add(metric("holdfast_memory_stall_ratio"), stall->full, "full");
  }
  if (snapshot.oom_kills) out.add(metric("holdfast_memory_cgroup_oom_kills_total"), *snapshot.oom_kills);
  if (!snapshot.own) return;
  const auto& own = *snapshot.own;
  const Bytes resident(own.anonymous.count() + own.file.count() + own.shared.count());
  out.add(metric("holdfast_supervisor_resident_bytes"), resident);
  out.add(metric("holdfast_supervisor_virtual_bytes"), own.vm_size);
  out.add(metric("holdfast_supervisor_threads"), own.threads);
}

void collect_memory(const MetricsInput& input, MetricSamples& out) {
  const auto& view = *input.memory;
  using enum memory::Level;
  for (const auto level : {normal, warning, critical, emergency}) {
    out.add(metric("holdfast_memory_level"), level == view.level, to_string(level));
  }
  out.add(metric("holdfast_memory_baseline_bytes"), view.baseline);
  if (!view.last) return;
  collect_snapshot(*view.last, out);
  collect_worker_sizes(*view.last, input.pool, out);
  if (!input.own_bands) return;
  const auto band = metric("holdfast_supervisor_band_bytes");
  out.add(band, input.own_bands->live, "live");
  out.add(band, input.own_bands->allocator_held, "allocator_held");
  out.add(band, input.own_bands->runtime_held, "runtime_held");
  out.add(band, input.own_bands->outside, "outside");
}

void collect_cache(const runs::AnswerCacheStatus& cache, MetricSamples& out) {
  if (!cache.off_because.empty()) return;
  out.add(metric("holdfast_cache_hits_total"), cache.counts.hits);
  out.add(metric("holdfast_cache_misses_total"), cache.counts.misses);
  out.add(metric("holdfast_cache_shared_total"), cache.shared);
  out.add(metric("holdfast_cache_puts_total"), cache.counts.puts);
  out.add(metric("holdfast_cache_refused_total"), cache.counts.refused);
  out.add(metric("holdfast_cache_evicted_total"), cache.counts.evicted);
  out.add(metric("holdfast_cache_given_back_bytes_total"), cache.counts.given_back_bytes);
  out.add(metric("holdfast_cache_bytes"), cache.bytes);
  out.add(metric("holdfast_cache_budget_bytes"), cache.budget);
  out.add(metric("holdfast_cache_entries"), cache.entries);
}

}  // namespace

MetricSamples collect_metrics(const MetricsInput& input) {
  MetricSamples out;
  collect_server(input, out);
  collect_runs(input.runs, out);
  collect_backlog(input.operations.backlog, out);
  collect_workers(input.pool, out);
  collect_passing(input.passing, input.pool, out);
  collect_journal(input.journal, out);
  if (input.memory != nullptr) collect_memory(input, out);
  if (input.governor != nullptr) collect_governor(*input.governor, input.now, out);
  collect_cache(input.cache, out);
  return out;
}

}  // namespace holdfast::gateway
