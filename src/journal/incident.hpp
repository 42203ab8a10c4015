/// Incidents: what happened to a server and not to one run, kept so that somebody can look at a day afterwards. Plain
/// values and rules; pure but for the id, any thread.
///
/// An incident tells what was done or found; nothing is ever decided by one. So it may be lost (counted, see
/// JournalHealth), and a reader must put up with kinds that it does not know: another version may have written them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/run_id.hpp"

namespace holdfast::journal {

/// A UUID, as the name of a run is.
using IncidentId = RunId;

struct Incident {
  IncidentId id = IncidentId::make();  ///< Chosen by the writer: who notes it twice notes it once.
  UnixMillis at = 0;                   ///< By the clock of the instance.
  std::string instance;
  std::string kind;         ///< One of incident_kind, or of another version: lower-case words joined by `_`.
  std::string body = "{}";  ///< A JSON object.
};

/// The kinds that this version writes, each with the members that its body may have. All sizes are in bytes, all times
/// in milliseconds. `holdfast report` reads these members and does without any that is missing.
namespace incident_kind {
inline constexpr std::string_view kStarted = "started";                         ///< recovered_runs.
inline constexpr std::string_view kStopped = "stopped";                         ///< After a drain, not after a kill.
inline constexpr std::string_view kLevelChanged = "level_changed";              ///< from, to, cause, used, limit.
inline constexpr std::string_view kReliefWalked = "relief_walked";              ///< level, actions, freed, took_ms.
inline constexpr std::string_view kWorkerRecycled = "worker_recycled";          ///< worker, pid, reason, freed.
inline constexpr std::string_view kRunPreempted = "run_preempted";              ///< run_id, attempt, worker, growth.
inline constexpr std::string_view kKernelKill = "kernel_kill";                  ///< worker, pid, run_id.
inline constexpr std::string_view kRecyclingUseless = "recycling_useless";      ///< reason.
inline constexpr std::string_view kRestartRecommended = "restart_recommended";  ///< reason.
inline constexpr std::string_view kLeakFound = "leak_found";                    ///< route, bytes_per_run.
inline constexpr std::string_view kFragmentation = "fragmentation";             ///< resident, live.
}  // namespace incident_kind

/// Enough for a list of relief actions with their outcome; an essay belongs into the log.
inline constexpr std::size_t kLargestIncidentBody = 4096;

/// What is kept, whichever comes first. A busy day has some hundred.
inline constexpr std::int64_t kMostIncidents = 10'000;
inline constexpr std::chrono::milliseconds kOldestIncident = std::chrono::days(90);

[[nodiscard]] bool is_incident_kind(std::string_view text) noexcept;

/// invalid_argument: not a kind, a body that is no JSON object or too large, or a text that no journal holds
/// (journal/text_rules.hpp).
[[nodiscard]] Result<void> check_incident(const Incident& incident);

struct IncidentFilter {
  std::optional<UnixMillis> since;  ///< At that moment or later.
  std::string kind;                 ///< Empty: all.
  std::string before;               ///< Cursor: older than this one, by (at, id). Empty: from the newest.
  int limit = 50;
};

struct IncidentPage {
  std::vector<Incident> incidents;  ///< Newest first.
  bool complete = true;             ///< False: the database is away, and these are those of the local journal alone.
};

/// Cursor for the page after `last`.
[[nodiscard]] std::string cursor_after(const Incident& last);

}  // namespace holdfast::journal
