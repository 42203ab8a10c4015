/// Empties runs that were delivered long ago, so that the journal does not grow for ever.
///
/// Runs on: supervisor strand. Several instances on one database may do it at the same time.
#pragma once

#include "journal/journal.hpp"

namespace holdfast::runs {

struct RetentionConfig {
  std::chrono::milliseconds age{0};            ///< Counted from delivery; 0 keeps everything for ever.
  std::chrono::milliseconds interval{60'000};  ///< Between two sweeps.
  int batch = 500;                             ///< Runs in one transaction: others wait no longer than for that.
};

/// Sweeps at once and then every interval, until it is cancelled. What fails is tried again at the next sweep.
awaitable<void> retire_delivered(journal::Journal& journal, const Clock& clock, RetentionConfig config);

}  // namespace holdfast::runs
