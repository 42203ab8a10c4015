/// Empties runs that were delivered long ago, and forgets old thread checkpoints and incidents and the request bodies
/// of runs that have ended, so that the journal does not grow for ever.
///
/// Runs on: supervisor strand. Several instances on one database may do it at the same time.
#pragma once

#include "journal/journal.hpp"

namespace holdfast::runs {

struct RetentionConfig {
  std::chrono::milliseconds age{0};            ///< Of runs, counted from delivery; 0 keeps them for ever.
  std::chrono::milliseconds interval{60'000};  ///< Between two sweeps.
  int batch = 500;                             ///< Rows in one transaction: others wait no longer than for that.
  int body_pieces = 128;                       ///< The same for request bodies: 8 MB.
  /// Of request bodies without a run. Longer than a usual outage: a run may be accepted locally whose body is there.
  std::chrono::milliseconds unclaimed_body_age = std::chrono::hours(24);
  std::chrono::milliseconds incident_age = journal::kOldestIncident;
  std::int64_t incidents = journal::kMostIncidents;
};

/// Sweeps at once and then every interval, until it is cancelled. What fails is tried again at the next sweep.
awaitable<void> apply_retention(journal::Journal& journal, const Clock& clock, RetentionConfig config);

}  // namespace holdfast::runs
