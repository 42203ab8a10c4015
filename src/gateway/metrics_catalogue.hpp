/// Every metric of GET /metrics, in one table: what is exposed and docs/reference/metrics.md both come from it. Pure.
///
/// Invariants (a row that breaks one does not build):
///   - names begin with `holdfast_` and are in base units: `_bytes`, `_seconds`, `_ratio`;
///   - counters, and only they, end in `_total`;
///   - label values are bounded: states, reasons, actions, routes and worker places; never a run, a user or a thread.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast::gateway {

enum class MetricType : unsigned char { counter, gauge };

/// The chapters of the page, and when their metrics are there at all.
enum class MetricArea : unsigned char {
  server,
  runs,
  workers,
  passing,
  journal,
  memory,
  governor,
  relief,
  routes,
  cache
};

struct MetricLabel {
  std::string_view name;
  std::string_view values;  ///< For people.
};

struct MetricSpec {
  MetricArea area = MetricArea::server;
  MetricType type = MetricType::gauge;
  std::string_view name;
  std::string_view help;
  std::array<MetricLabel, 2> labels{};  ///< Those without a name are not there.
};

namespace detail {

// Throws when it runs, that is, does not compile.
consteval MetricSpec checked(MetricSpec spec) {
  if (!spec.name.starts_with("holdfast_")) throw "the name begins with holdfast_";
  for (const char c : spec.name) {
    if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_') throw "a name has lower case, digits and underscores";
  }
  if (spec.name.ends_with("_total") != (spec.type == MetricType::counter))
    throw "counters end in _total, others do not";
  if (!spec.help.ends_with('.')) throw "the help is a sentence";
  return spec;
}

consteval MetricSpec counter(MetricArea area, std::string_view name, std::string_view help, MetricLabel first = {},
                             MetricLabel second = {}) {
  return checked({area, MetricType::counter, name, help, {first, second}});
}

consteval MetricSpec gauge(MetricArea area, std::string_view name, std::string_view help, MetricLabel first = {},
                           MetricLabel second = {}) {
  return checked({area, MetricType::gauge, name, help, {first, second}});
}

inline constexpr MetricLabel kWorker{"worker", "place of the worker, from 1"};
inline constexpr MetricLabel kLevel{"level", "normal, warning, critical, emergency"};
inline constexpr MetricLabel kRoute{"route", "as sent to the worker, for example POST /analyze"};
inline constexpr MetricLabel kAction{"action", "name of the relief action"};

consteval auto all_metrics() {
  using enum MetricArea;
  return std::array{
      gauge(server, "holdfast_build_info", "1, with the version of the program.", {"version", "of the program"}),
      gauge(server, "holdfast_start_time_seconds", "When the server was started, since the Unix epoch."),
      gauge(server, "holdfast_uptime_seconds", "How long the server has been running."),
      gauge(server, "holdfast_draining", "1 while the server finishes what is running and takes nothing new."),
      gauge(server, "holdfast_http_connections", "Open connections."),
      counter(server, "holdfast_http_requests_total", "Requests that were read, scrapes included."),
      gauge(server, "holdfast_consoles", "Consoles that are open."),
      counter(server, "holdfast_console_updates_merged_total",
              "Updates that a slow console was told together with a later one."),
      counter(server, "holdfast_consoles_refused_total", "Consoles that were not opened, because too many were."),
      counter(server, "holdfast_log_dropped_total", "Log lines dropped because standard error did not take them."),

      gauge(runs, "holdfast_runs_queued", "Runs that wait for a worker."),
      gauge(runs, "holdfast_runs_running", "Runs that a worker is at."),
      counter(runs, "holdfast_runs_ended_total", "Runs that became terminal at this server.",
              {"status", "completed, failed, cancelled, expired"}),
      gauge(
          runs, "holdfast_answers_undelivered",
          "Runs that have ended and were not acknowledged, of all instances on the journal; counted up to 10000, read "
          "every 5 s. Absent while the database is away, as are the next two."),
      gauge(runs, "holdfast_answers_undelivered_oldest_seconds", "Since the oldest of them ended. Absent without one."),
      gauge(runs, "holdfast_runs_queued_oldest_seconds",
            "Since the oldest run that waits was accepted, at any instance. Absent without one."),

      gauge(workers, "holdfast_workers", "Worker places by what is there.",
            {"state", "starting, idle, busy, stopping, backing_off, parked"}),
      gauge(workers, "holdfast_workers_ready", "Workers that are idle or busy."),
      gauge(workers, "holdfast_worker_crash_loop", "1 while workers die at start again and again."),
      counter(workers, "holdfast_worker_starts_total", "Processes started in this place.", kWorker),
      gauge(workers, "holdfast_worker_resident_bytes",
            "What only the worker's end or its own doing gives back: RssAnon and RssShmem of its process tree.",
            kWorker),
      gauge(workers, "holdfast_worker_file_bytes", "Mapped files that are in memory, of its process tree.", kWorker),
      gauge(workers, "holdfast_worker_virtual_bytes", "Addresses reserved, of its process tree.", kWorker),
      gauge(workers, "holdfast_worker_swap_bytes", "Swapped out, of its process tree.", kWorker),
      gauge(workers, "holdfast_worker_processes", "Processes of the worker.", kWorker),
      gauge(workers, "holdfast_worker_threads", "Threads of its process tree.", kWorker),

      counter(passing, "holdfast_pass_through_answers_total", "Requests that a worker has begun to answer.",
              {"status", "1xx (upgrades), 2xx, 3xx, 4xx, 5xx"}),
      counter(passing, "holdfast_pass_through_failures_total", "Requests that were not answered, or not to the end.",
              {"reason",
               "no_worker, too_many, unreachable, no_answer, late_answer, bad_answer, cut_off, stalled, client_gone, "
               "client_late, bad_request, stopping"}),
      gauge(passing, "holdfast_pass_through_open", "Requests under way.", {"kind", "request, upgraded"}),
      counter(passing, "holdfast_pass_through_bytes_total", "Bytes of bodies.", {"direction", "to_worker, to_client"}),
      counter(passing, "holdfast_pass_through_heads_total", "Heads of answers that have come from workers."),
      counter(passing, "holdfast_pass_through_head_seconds_total",
              "From a request to the head of its answer, all together; with their number the mean."),
      counter(passing, "holdfast_pass_through_connections_total", "Connections to workers, made and used once more.",
              {"kind", "new, reused"}),
      gauge(passing, "holdfast_pass_through_idle_connections", "Connections to workers that wait for another request."),
      counter(passing, "holdfast_pass_through_retries_total", "Requests that were sent once more."),

      gauge(journal, "holdfast_journal_writable", "1 if what is accepted now becomes durable."),
      gauge(journal, "holdfast_journal_reachable",
            "1 if the database answers. 0 with a journal that is writable: the local journal stands in."),
      counter(journal, "holdfast_journal_commits_total", "Transactions."),
      counter(journal, "holdfast_journal_writes_total", "Writes; with the transactions, how many share one."),
      gauge(journal, "holdfast_journal_read_latency_seconds", "Of the latest read. Absent before the first."),
      gauge(journal, "holdfast_journal_spill_active", "1 while the database is away and the local journal is written."),
      gauge(journal, "holdfast_journal_spill_runs", "Runs in the local journal that the database does not have yet."),
      gauge(journal, "holdfast_journal_spill_oldest_seconds", "Age of the oldest of them; 0 when there is none."),
      gauge(journal, "holdfast_journal_spill_fenced_runs",
            "Runs whose local words came too late, kept aside for people."),
      gauge(journal, "holdfast_journal_connections", "Connections to the database. Absent without a pool (SQLite).",
            {"state", "idle, in_use"}),
      gauge(journal, "holdfast_journal_connection_waiters", "Those who wait for a connection. Absent without a pool."),
      counter(journal, "holdfast_journal_connections_created_total", "Connections made. Absent without a pool."),
      counter(journal, "holdfast_journal_connections_broken_total", "Connections found broken. Absent without a pool."),
      counter(journal, "holdfast_journal_connections_replaced_total",
              "Connections closed by a reset. Absent without a pool."),
      counter(journal, "holdfast_journal_pool_resets_total",
              "Resets of the pool that were asked for. Absent without a pool."),

      gauge(memory, "holdfast_memory_readable",
            "1 if the latest reading of use and limit succeeded. 0: use and limit are absent, and the level holds."),
      gauge(memory, "holdfast_memory_used_bytes", "What counts against the limit."),
      gauge(memory, "holdfast_memory_limit_bytes", "The limit nearest to being reached."),
      gauge(memory, "holdfast_memory_limit_source", "1 for whose limit that is.",
            {"source", "setting, cgroup, machine"}),
      gauge(memory, "holdfast_memory_level", "1 for the level in force, 0 for the others.", kLevel),
      gauge(memory, "holdfast_memory_tree_bytes", "RssAnon and RssShmem of the server and all below it."),
      gauge(memory, "holdfast_memory_working_set_bytes", "Of the cgroup. Absent without one."),
      gauge(memory, "holdfast_memory_baseline_bytes", "Use at the first good reading."),
      gauge(memory, "holdfast_memory_stall_ratio",
            "Share of the last ten seconds in which processes waited for memory (PSI). Absent where the kernel does "
            "not tell.",
            {"kind", "some: at least one process waited; full: all did"}),
      counter(memory, "holdfast_memory_cgroup_oom_kills_total",
              "Processes of the cgroup that the kernel killed for memory, as the cgroup counts. Absent without one."),
      gauge(memory, "holdfast_supervisor_resident_bytes", "RSS of the server's own process."),
      gauge(memory, "holdfast_supervisor_virtual_bytes", "Addresses reserved by the server's own process."),
      gauge(memory, "holdfast_supervisor_threads", "Threads of the server's own process."),
      gauge(memory, "holdfast_supervisor_band_bytes",
            "Where the resident bytes of the server's own process are. A band that nobody told is absent.",
            {"band", "live, allocator_held, runtime_held, outside"}),

      counter(governor, "holdfast_admission_admitted_total", "Runs admitted."),
      counter(governor, "holdfast_admission_over_ceiling_total",
              "Of those: did not fit, and went because nothing else was running."),
      counter(governor, "holdfast_admission_alone_total", "Of those: of a route that nobody had measured."),
      counter(governor, "holdfast_admission_waits_total", "Heads of the queue that had to wait.",
              {"reason", "memory, concurrency, unmeasured, level"}),
      gauge(governor, "holdfast_admission_head_waits", "1 for what the head of the queue waits for now.",
            {"reason", "memory, concurrency, unmeasured, level"}),
      gauge(governor, "holdfast_admission_head_needed_bytes",
            "What the head of the queue needs. Absent while it does not wait."),
      gauge(governor, "holdfast_admission_head_free_bytes",
            "What the ceiling leaves for it. Absent while it does not wait."),
      gauge(governor, "holdfast_admission_running", "Attempts that hold a reservation."),
      gauge(governor, "holdfast_admission_reserved_bytes", "Reserved by them together."),
      gauge(governor, "holdfast_admission_unconsumed_bytes", "Of that, what they have not taken yet."),
      counter(governor, "holdfast_memory_level_changes_total", "Changes of the level, by the level entered.", kLevel),
      counter(governor, "holdfast_preemptions_total", "Attempts given up before the kernel would kill something.",
              {"cause", "emergency, predicted, exceeds_limit"}),
      counter(governor, "holdfast_worker_recycles_total", "Workers replaced by a fresh one.",
              {"reason", "manual, saturation, time_to_limit, room, growth, fragmentation, relief"}),
      counter(governor, "holdfast_worker_retirements_total", "Idle workers stopped without a successor for then."),
      gauge(governor, "holdfast_recycling_useless",
            "1 while recycling rests, because new workers were as fat as the old ones."),
      counter(governor, "holdfast_worker_kernel_kills_total", "Workers that the kernel ended for memory."),
      counter(governor, "holdfast_fragmentation_findings_total", "Workers found fragmented."),
      gauge(governor, "holdfast_saturation_seconds",
            "How long memory has been critical though relief was tried and no run is the reason; 0 when it is not."),
      gauge(governor, "holdfast_restart_recommended", "1 if a restart of the whole service is what is left to do."),
      gauge(governor, "holdfast_worker_boot_bytes", "What a fresh worker holds. Absent until it was measured."),
      gauge(governor, "holdfast_worker_floor_bytes", "What the worker held when it was last idle.", kWorker),
      gauge(governor, "holdfast_worker_fresh_floor_bytes", "What it held before its first run.", kWorker),
      gauge(governor, "holdfast_worker_runs_served", "Runs that the present process has served.", kWorker),

      counter(relief, "holdfast_relief_steps_total", "Steps of the relief ladder, by their end.", kAction,
              {"end", "relieved, nothing_to_do, failed, timed_out, skipped"}),
      counter(relief, "holdfast_relief_returned_bytes_total", "What the action gave back.", kAction),
      counter(relief, "holdfast_relief_pause_seconds_total", "How long it took.", kAction),
      gauge(relief, "holdfast_relief_futile", "1 while it rests, because it gave nothing several times in a row.",
            kAction),

      counter(routes, "holdfast_route_runs_total", "Runs that came to their end.", kRoute),
      gauge(routes, "holdfast_route_measured", "1 if one has; until then runs of the route go alone.", kRoute),
      gauge(routes, "holdfast_route_predicted_peak_bytes", "What the next run is expected to take at its peak.",
            kRoute),
      counter(routes, "holdfast_route_suspicious_runs_total", "Runs that left a suspicious amount of memory behind.",
              kRoute),
      gauge(routes, "holdfast_route_last_growth_bytes",
            "What the latest run left behind; negative when less was held after it.", kRoute),
      gauge(routes, "holdfast_route_growth_bytes", "The same of all runs together; with their number the mean.",
            kRoute),
      gauge(routes, "holdfast_route_verdict", "1 for why memory grows, 0 for the others.", kRoute,
            {"verdict", "unknown, load, retention, leak"}),
      gauge(routes, "holdfast_route_slope_bytes", "Bytes that a run adds. Absent while too little is known.", kRoute),
      gauge(routes, "holdfast_route_slope_bound_bytes", "Bounds of the slope. Absent while too little is known.",
            kRoute, {"bound", "low, high"}),
      gauge(routes, "holdfast_route_retained_bytes", "What a worker keeps in its life, median over lives.", kRoute),
      gauge(routes, "holdfast_route_time_to_limit_seconds",
            "When the leak reaches the limit at the present rate of runs. Absent when nothing leaks.", kRoute),

      counter(cache, "holdfast_cache_hits_total", "Answers taken from the result cache."),
      counter(cache, "holdfast_cache_misses_total", "Questions whose answer was not in it."),
      counter(cache, "holdfast_cache_shared_total",
              "Of those, given by a run that was computing the same answer already."),
      counter(cache, "holdfast_cache_puts_total", "Answers put into it."),
      counter(cache, "holdfast_cache_refused_total", "Answers too large for it, or no budget at that level."),
      counter(cache, "holdfast_cache_evicted_total", "Answers pushed out by others."),
      counter(cache, "holdfast_cache_given_back_bytes_total", "Given back because memory was short."),
      gauge(cache, "holdfast_cache_bytes", "What it holds."),
      gauge(cache, "holdfast_cache_budget_bytes", "What it may hold at the present level."),
      gauge(cache, "holdfast_cache_entries", "Answers in it."),
  };
}

}  // namespace detail

inline constexpr std::array kMetrics = detail::all_metrics();

/// Place of the metric in kMetrics. A name that is not there does not build.
consteval std::size_t metric(std::string_view name) {
  for (std::size_t i = 0; i < kMetrics.size(); ++i) {
    if (kMetrics[i].name == name) return i;
  }
  throw "no such metric";
}

namespace detail {

consteval bool names_are_unique() {
  for (std::size_t i = 0; i < kMetrics.size(); ++i) {
    if (metric(kMetrics[i].name) != i) return false;
  }
  return true;
}
static_assert(names_are_unique());

}  // namespace detail

/// The text of docs/reference/metrics.md.
[[nodiscard]] std::string metrics_page();

}  // namespace holdfast::gateway
