#include "app/daily_look.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ranges>

#include "journal/incident.hpp"

namespace holdfast::app {
namespace {

namespace kind = journal::incident_kind;

std::string text_of(const SeenIncident& incident, std::string_view key) {
  return std::string(find_string(incident.body, key).value_or(""));
}

bool is_critical(std::string_view level) { return level == "critical" || level == "emergency"; }

// Nearest rank: a value that was measured, not one between two.
std::optional<Percentiles> percentiles(std::vector<std::int64_t> values) {
  if (values.empty()) return std::nullopt;
  std::ranges::sort(values);
  const auto at = [&values](std::size_t percent) { return values[(values.size() * percent + 99) / 100 - 1]; };
  return Percentiles{at(50), at(95)};
}

RunFigures figures_of(const std::vector<SeenRun>& runs) {
  RunFigures figures;
  std::vector<std::int64_t> run_times;
  std::vector<std::int64_t> queue_times;
  std::int64_t longest = -1;
  for (const auto& run : runs) {
    ++figures.total;
    figures.completed += run.status == "completed" ? 1 : 0;
    figures.failed += run.status == "failed" ? 1 : 0;
    figures.cancelled += run.status == "cancelled" ? 1 : 0;
    figures.expired += run.status == "expired" ? 1 : 0;
    const bool ended = run.status != "queued" && run.status != "running";
    figures.under_way += ended ? 0 : 1;
    // Attempts are counted when they start: a second one means that the first was lost.
    if (ended && run.attempt > 1) {
      ++figures.lost_an_attempt;
      figures.recovered += run.status == "completed" ? 1 : 0;
    }
    if (run.queued_ms) queue_times.push_back(*run.queued_ms);
    if (!run.run_ms) continue;
    run_times.push_back(*run.run_ms);
    if (*run.run_ms <= longest) continue;
    longest = *run.run_ms;
    figures.slowest = run.id;
  }
  figures.run_time = percentiles(std::move(run_times));
  figures.queue_time = percentiles(std::move(queue_times));
  return figures;
}

/// How long instances stay at critical or above.
class CriticalTime {
 public:
  explicit CriticalTime(UnixMillis since) : since_(since) {}

  void add(const SeenIncident& incident) {
    auto& instance = instances_[incident.instance];
    if (incident.kind == kind::kLevelChanged) {
      // The rise may lie before the period.
      if (!instance.critical_since && is_critical(text_of(incident, "from"))) instance.critical_since = since_;
      if (!is_critical(text_of(incident, "to")))
        end(instance, incident.at);
      else if (!instance.critical_since)
        instance.critical_since = incident.at;
    } else if (incident.kind == kind::kStarted || incident.kind == kind::kStopped) {
      end(instance, incident.at);
    }
    instance.last_at = incident.at;
  }

  /// `until`: now, if the level is critical still; else an instance without an end is one that is gone.
  [[nodiscard]] std::int64_t longest(std::optional<UnixMillis> until) {
    for (auto& [name, instance] : instances_) end(instance, until.value_or(instance.last_at));
    return longest_;
  }

 private:
  struct Instance {
    std::optional<UnixMillis> critical_since;
    UnixMillis last_at = 0;
  };

  void end(Instance& instance, UnixMillis at) {
    if (instance.critical_since) longest_ = std::max(longest_, at - *instance.critical_since);
    instance.critical_since.reset();
  }

  const UnixMillis since_;
  std::map<std::string, Instance> instances_;
  std::int64_t longest_ = 0;
};

/// Is given incidents from the oldest to the newest.
class IncidentCount {
 public:
  explicit IncidentCount(UnixMillis since) : critical_(since) {}

  void add(const SeenIncident& incident) {
    critical_.add(incident);
    const std::string_view what = incident.kind;
    if (what == kind::kStarted) add_start(incident);
    if (what == kind::kStopped) running_[incident.instance] = false;
    if (what == kind::kLevelChanged) {
      ++memory_.level_changes;
      memory_.emergencies += text_of(incident, "to") == "emergency" ? 1 : 0;
    }
    if (what == kind::kReliefWalked) {
      ++memory_.relief_walks;
      memory_.freed_bytes += std::max<std::int64_t>(find_int(incident.body, "freed").value_or(0), 0);
    }
    memory_.recycles += what == kind::kWorkerRecycled ? 1 : 0;
    memory_.useless_recycling += what == kind::kRecyclingUseless ? 1 : 0;
    memory_.preemptions += what == kind::kRunPreempted ? 1 : 0;
    memory_.kernel_kills += what == kind::kKernelKill ? 1 : 0;
    memory_.fragmentations += what == kind::kFragmentation ? 1 : 0;
    if (what == kind::kLeakFound) add_leak(text_of(incident, "route"));
    if (what == kind::kRestartRecommended) {
      const auto reason = text_of(incident, "reason");
      recommended_[incident.instance] = reason.empty() ? "no reason was given" : reason;
    }
  }

  [[nodiscard]] MemoryFigures memory(const Seen& seen) {
    memory_.longest_critical_ms =
        critical_.longest(is_critical(seen.health.level) ? std::optional(seen.asked_at) : std::nullopt);
    for (const auto& [instance, reason] : recommended_) memory_.restart_recommended = reason;
    return std::move(memory_);
  }
  [[nodiscard]] const StartFigures& starts() const noexcept { return starts_; }

 private:
  void add_start(const SeenIncident& incident) {
    ++starts_.starts;
    auto& running = running_[incident.instance];
    starts_.unclean += running ? 1 : 0;
    running = true;
    recommended_.erase(incident.instance);
  }

  void add_leak(std::string route) {
    if (route.empty()) route = "a route";
    if (std::ranges::find(memory_.leaking_routes, route) == memory_.leaking_routes.end())
      memory_.leaking_routes.push_back(std::move(route));
  }

  CriticalTime critical_;
  MemoryFigures memory_;
  StartFigures starts_;
  std::map<std::string, bool> running_;             ///< By what is known since the beginning of the period.
  std::map<std::string, std::string> recommended_;  ///< Restarts that have not come, by instance.
};

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

void judge_now(const SeenHealth& health, std::vector<std::string>& attention) {
  if (is_critical(health.level)) {
    attention.push_back(fmt::format("Memory is {} now: follow \"high memory\" below", health.level));
  }
  if (!health.worker_failure.empty()) {
    attention.push_back(
        fmt::format("The workers fail to start ({}): look into the log and at worker.command", health.worker_failure));
  }
  const auto& why = health.database_error.empty() ? "no reason was given" : health.database_error;
  if (health.spill_active) {
    attention.push_back(
        fmt::format("The database is away ({}): runs go on in the local journal, {} so far, and move when it is back",
                    why, health.spilled_runs));
  } else if (health.database != "healthy") {
    attention.push_back(fmt::format("The journal is {} ({}): what is new is refused until it takes writes again",
                                    health.database, why));
  }
  if (!health.healthy && attention.empty())
    attention.emplace_back("The server says that it is degraded: look into its log");
}

void judge_period(const Seen& seen, const DailyLook& look, std::vector<std::string>& attention) {
  const auto& runs = look.runs;
  const auto& memory = look.memory;
  if (runs.failed > 0)
    attention.push_back(counted(runs.failed, "run failed", "runs failed") + ": follow \"errors\" below");
  if (runs.expired > 0)
    attention.push_back(counted(runs.expired, "run took", "runs took") + " too long: follow \"timeouts\" below");
  if (const auto lost = runs.lost_an_attempt - runs.recovered; lost > 0)
    attention.push_back(counted(lost, "run", "runs") + " lost an attempt and did not complete");
  if (memory.emergencies > 0)
    attention.push_back("Memory reached emergency " + counted(memory.emergencies, "time", "times") +
                        ": lower runs.max_concurrent or raise memory.limit");
  if (memory.kernel_kills > 0)
    attention.push_back("The kernel killed " + counted(memory.kernel_kills, "process", "processes") +
                        " for memory: set memory.limit below the limit of the container");
  if (look.starts.unclean > 0)
    attention.push_back(counted(look.starts.unclean, "start", "starts") +
                        " without a stop before: the server was killed or the machine went down");
  for (const auto& route : memory.leaking_routes) attention.push_back(route + " leaks memory from run to run");
  if (memory.useless_recycling > 0)
    attention.emplace_back("Fresh workers are as large as the old ones: recycling gives nothing back");
  if (!memory.restart_recommended.empty())
    attention.push_back("A restart is recommended: " + memory.restart_recommended);
  if (!seen.runs_missing.empty()) attention.push_back("Runs could not be listed: " + seen.runs_missing);
  if (!seen.incidents_missing.empty()) attention.push_back("Incidents could not be listed: " + seen.incidents_missing);
  if (seen.incidents_dropped > 0)
    attention.push_back(counted(seen.incidents_dropped, "incident", "incidents") +
                        " could not be kept since the start: the figures are too low");
}

}  // namespace

DailyLook look_at(const Seen& seen) {
  DailyLook look;
  look.runs = figures_of(seen.runs);
  IncidentCount count(seen.since);
  for (const auto& incident : std::views::reverse(seen.incidents)) count.add(incident);
  look.memory = count.memory(seen);
  look.starts = count.starts();
  judge_now(seen.health, look.attention);
  judge_period(seen, look, look.attention);
  return look;
}

}  // namespace holdfast::app
