/// The daily look: what a period meant for runs and memory, and what of it needs somebody. Pure.
///
/// Everything it is given was read from a running server over HTTP, so it puts up with what is missing: a kind of
/// incident, or a member of one, that this version does not know is not counted and not an error.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"

namespace holdfast::app {

struct SeenRun {
  std::string id;
  std::string status;
  std::int64_t attempt = 0;
  std::optional<std::int64_t> queued_ms;  ///< From its acceptance to the attempt that ended it.
  std::optional<std::int64_t> run_ms;     ///< Of that attempt.
};

struct SeenIncident {
  UnixMillis at = 0;
  std::string instance;
  std::string kind;
  json::object body;
};

struct SeenHealth {
  bool healthy = true;
  std::string version;
  std::int64_t uptime_seconds = 0;
  std::int64_t workers_ready = 0;
  std::int64_t workers = 0;
  std::string worker_failure;  ///< Why workers fail to start, as long as they do.
  std::string level = "normal";
  std::optional<double> used_mb;
  std::optional<double> limit_mb;
  std::string database = "healthy";
  std::string database_type;
  std::string database_error;
  bool spill_active = false;
  std::int64_t spilled_runs = 0;
};

/// What a server answered. A list that could not be read has the reason in its `_missing`.
struct Seen {
  UnixMillis asked_at = 0;  ///< By the server's clock, as all times.
  UnixMillis since = 0;
  SeenHealth health;

  std::vector<SeenRun> runs;  ///< Accepted in the period, newest first.
  bool runs_cut = false;      ///< There are more; these are the latest.
  std::string runs_missing;
  std::int64_t undelivered = 0;  ///< Of all times.
  bool undelivered_cut = false;

  std::vector<SeenIncident> incidents;  ///< In the period, newest first.
  bool incidents_cut = false;
  bool incidents_complete = true;
  std::string incidents_missing;
  std::int64_t incidents_dropped = 0;
};

/// Half, and nineteen of twenty, took no longer.
struct Percentiles {
  std::int64_t p50_ms = 0;
  std::int64_t p95_ms = 0;
};

struct RunFigures {
  std::int64_t total = 0;
  std::int64_t completed = 0;
  std::int64_t failed = 0;
  std::int64_t cancelled = 0;
  std::int64_t expired = 0;
  std::int64_t under_way = 0;
  std::int64_t lost_an_attempt = 0;  ///< That have ended.
  std::int64_t recovered = 0;        ///< Of these, completed all the same.
  std::optional<Percentiles> run_time;
  std::optional<Percentiles> queue_time;
  std::string slowest;  ///< Id of the run that worked longest.
};

struct MemoryFigures {
  std::int64_t level_changes = 0;
  std::int64_t emergencies = 0;
  std::int64_t longest_critical_ms = 0;  ///< At critical or above, of one instance.
  std::int64_t relief_walks = 0;
  std::int64_t freed_bytes = 0;  ///< By relief walks.
  std::int64_t recycles = 0;
  std::int64_t useless_recycling = 0;
  std::int64_t preemptions = 0;
  std::int64_t kernel_kills = 0;
  std::int64_t fragmentations = 0;
  std::vector<std::string> leaking_routes;  ///< Each once.
  std::string restart_recommended;          ///< Why; of the latest recommendation that no start has followed.
};

struct StartFigures {
  std::int64_t starts = 0;
  std::int64_t unclean = 0;  ///< Starts of an instance that had not stopped since its start before.
};

struct DailyLook {
  RunFigures runs;
  MemoryFigures memory;
  StartFigures starts;
  /// Sentences; none when all is well.
  std::vector<std::string> attention;
};

[[nodiscard]] DailyLook look_at(const Seen& seen);

}  // namespace holdfast::app
