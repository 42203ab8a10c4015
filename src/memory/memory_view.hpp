/// What was last known about memory, for those who report it. Written once a tick by its owner; read on the same
/// strand.
#pragma once

#include <optional>

#include "memory/level_tracker.hpp"
#include "memory/pressure.hpp"
#include "memory/snapshot.hpp"

namespace holdfast::memory {

struct MemoryView {
  std::optional<Snapshot> last;  ///< None before the first tick.
  Level level = Level::normal;
  std::optional<LevelChange> last_change;  ///< None: the level never changed.
  std::optional<Bytes> baseline;           ///< What was used at the first good reading: growth is counted from it.
  PressureGauge pressure;
};

}  // namespace holdfast::memory
