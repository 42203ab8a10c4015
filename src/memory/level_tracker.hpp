/// From readings to the memory level: one ordered answer to "how close are we to the limit?". Pure.
///
/// Ownership: a LevelTracker belongs to the supervisor strand; it does no I/O and reads no clock.
/// Units: sizes in Bytes, times on the steady clock, shares of the limit in [0, 1] and above when over it.
/// Invariants:
///   - A level rises the moment its threshold is met, over several levels if need be. It falls one level at a time, and
///     only after use has stayed `hysteresis` below its threshold for `dwell`; the next fall takes a dwell of its own.
///   - A reading that failed is not a reading of zero. The level holds, the dwell begins anew, and once the last good
///     reading is older than `max_age` it is at least `warning`: blind is not safe.
///   - Every change of the level is returned once, with its cause.
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "memory/level.hpp"
#include "memory/snapshot.hpp"

namespace holdfast::memory {

/// One measurement. Its limit is never zero, so a ratio always exists.
class Reading {
 public:
  /// failed_precondition: no limit is in force. `vm_ratio`: addresses reserved by resident bytes (VMS/RSS), where
  /// known.
  [[nodiscard]] static Result<Reading> make(Bytes used, Bytes limit, SteadyTime taken_at,
                                            std::optional<double> vm_ratio = {});

  [[nodiscard]] double ratio() const noexcept;  ///< used / limit; above 1 when overcommitted.
  [[nodiscard]] Bytes used() const noexcept { return used_; }
  [[nodiscard]] Bytes limit() const noexcept { return limit_; }
  [[nodiscard]] SteadyTime taken_at() const noexcept { return taken_at_; }
  [[nodiscard]] std::optional<double> vm_ratio() const noexcept { return vm_ratio_; }

 private:
  Reading(Bytes used, Bytes limit, SteadyTime taken_at, std::optional<double> vm_ratio)
      : used_(used), limit_(limit), taken_at_(taken_at), vm_ratio_(vm_ratio) {}

  Bytes used_;
  Bytes limit_;
  SteadyTime taken_at_;
  std::optional<double> vm_ratio_;
};

/// The reading of a tick, or why there is none.
[[nodiscard]] Result<Reading> reading_of(const Snapshot& snapshot, std::optional<double> vm_ratio = {});

struct LevelConfig {
  /// Of warning, critical and emergency: 200, 400 and 480 of 512 MB. Each lies above the one before.
  std::array<double, 3> enter{0.390625, 0.78125, 0.9375};
  double hysteresis = 0.05;  ///< A use that swings by the size of one request must not be news each time.
  std::chrono::steady_clock::duration dwell = std::chrono::seconds(5);
  std::chrono::steady_clock::duration max_age = std::chrono::seconds(5);
  /// Whether VMS/RSS decides too. Off: it reads 1.02 in the fragmented state and 18 for an idle Node.
  bool vm_ratio_decides = false;
  std::array<double, 3> vm_ratio_enter{2.0, 2.5, 3.0};
};

struct LevelChange {
  Level from = Level::normal;
  Level to = Level::normal;
  std::string cause;  ///< For people: "use 79.1 % reached 78.1 %".
  Bytes used;         ///< As last known; zero, with the limit zero too, when nothing ever was.
  Bytes limit;
  SteadyTime at;
};

class LevelTracker {
 public:
  explicit LevelTracker(LevelConfig config) : config_(config) {}

  /// Takes the latest reading, or the reason there is none. Returns the change it caused, if any.
  std::optional<LevelChange> update(const Result<Reading>& reading, SteadyTime now);

  [[nodiscard]] Level level() const noexcept { return level_; }
  /// How the level came to be what it is. None: it never changed.
  [[nodiscard]] const std::optional<LevelChange>& last_change() const noexcept { return last_change_; }

 private:
  struct Demand {
    Level level = Level::normal;
    std::string cause;
  };
  [[nodiscard]] Demand demand_of(const Reading& reading) const;
  [[nodiscard]] bool is_calm(const Reading& reading) const noexcept;
  std::optional<LevelChange> update_blind(const std::string& reason, SteadyTime now);
  std::optional<LevelChange> move_to(Level next, std::string cause, SteadyTime now);

  LevelConfig config_;
  Level level_ = Level::normal;
  Bytes used_;
  Bytes limit_;
  std::optional<SteadyTime> last_good_;   ///< Before the first good reading: the time of the first update.
  std::optional<SteadyTime> calm_since_;  ///< Set while use is low enough to fall one level.
  std::optional<LevelChange> last_change_;
};

}  // namespace holdfast::memory
