/// What was last known about memory, for those who report it. Written once a tick by its owner; read on the same
/// strand.
#pragma once

#include <optional>

#include "memory/level_tracker.hpp"
#include "memory/snapshot.hpp"

namespace holdfast::memory {

/// What of the memory of a process tree is there on paper only.
struct Overcount {
  Bytes lazily_freed;  ///< Given back with MADV_FREE. The kernel has not taken it yet, and does before it kills.
  Bytes shared;        ///< Pages of forked processes that are counted in each of them. Not counted twice by a cgroup.
};

struct MemoryView {
  std::optional<Snapshot> last;  ///< None before the first tick.
  std::optional<Usage> usage;    ///< Of the last good reading: one that failed is not a reading of zero.
  Level level = Level::normal;
  std::optional<LevelChange> last_change;  ///< None: the level never changed.
  std::optional<Bytes> baseline;           ///< What was used at the first good reading: growth is counted from it.
};

/// From here on (450 of 512 MB) the process may be killed before an answer is read: each is logged with the way back.
inline constexpr double kAnswersAtRisk = 450.0 / 512.0;

}  // namespace holdfast::memory
