/// Whether the next run may start now, or what it waits for. Pure.
///
/// The caller asks for the head of its queue only, and starts nothing behind it while it waits: else small runs would
/// keep a large one, or one that must run alone, waiting for ever. Concurrency follows from this decision alone: as
/// many run as fit, at most `max_concurrent`.
///
/// Units: sizes in Bytes, shares of the limit in [0, 1], times on the steady clock.
/// Invariants:
///   - A run starts beside others only if used + unconsumed promises + what it needs + speculative growth stays within
///     the ceiling, at level normal or warning.
///   - With nothing running one run starts, at the latest after `patience`: whatever the numbers say, work goes on.
///   - A run of a route nobody has measured starts only when nothing runs, and nothing starts beside it; one of a route
///     measured n times starts beside fewer than n others, until it was measured `known_after` times.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "governor/peak_estimate.hpp"
#include "governor/reservations.hpp"
#include "memory/level.hpp"

namespace holdfast::governor {

struct AdmissionConfig {
  /// Four points under the emergency level: predictions are exceeded now and then, and that must not cost an attempt.
  double ceiling = 0.90;
  std::size_t max_concurrent = 3;
  /// A route measured so often is known. Before that, a run starts beside no more than were measured: the first run of
  /// a route may be a tiny one, and three large ones beside each other be the end of all.
  std::size_t known_after = 4;
  /// How long a run waits, with nothing running, for relief and recycling to make room. Longer than a worker takes to
  /// be replaced; short enough that a limit set too low is a slow service, not a dead one.
  std::chrono::milliseconds patience{10'000};
};

struct AdmissionRequest {
  SteadyTime now;
  Bytes used;   ///< The last good reading. When there never was one, the limit: blind is not safe.
  Bytes limit;  ///< Not zero.
  memory::Level level = memory::Level::normal;
  std::span<const Reservation> running;
  Bytes speculative;  ///< From speculative_growth().
  Prediction predicted;
  Bytes reclaimable;  ///< What recycling and retiring workers would give back, or is giving back (recycling.hpp).
  /// Since when something waits while nothing runs (IdleWait).
  std::optional<SteadyTime> idle_since;
};

enum class WaitReason : unsigned char {
  memory,       ///< It does not fit under the ceiling.
  concurrency,  ///< As many run as may.
  unmeasured,   ///< This run, or the one that is running, must run alone, or beside no more than these.
  level,        ///< The memory level allows no more than what is running.
};

[[nodiscard]] std::string_view to_string(WaitReason reason) noexcept;

struct Admitted {
  Bytes reserved;  ///< To be held (Reservations::hold) from now to the end of the attempt.
  bool alone = false;
  bool over_ceiling = false;  ///< It does not fit; it goes because nothing else is running.
};

struct Waiting {
  WaitReason reason = WaitReason::memory;
  Bytes needed;
  Bytes free;  ///< What the ceiling leaves.
};

using AdmissionVerdict = std::variant<Admitted, Waiting>;

[[nodiscard]] AdmissionVerdict judge_admission(const AdmissionConfig& config, const AdmissionRequest& request);

/// Remembers since when something waits while nothing runs.
class IdleWait {
 public:
  /// Every tick, and after every start and end of a run.
  void update(std::size_t running, std::size_t waiting, SteadyTime now) noexcept;

  [[nodiscard]] std::optional<SteadyTime> since() const noexcept { return since_; }

 private:
  std::optional<SteadyTime> since_;
};

}  // namespace holdfast::governor
