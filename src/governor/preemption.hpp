/// Which running attempt is given up, before the kernel kills a process of its own choice (the supervisor, or
/// everything). Pure.
///
/// The rule:
///   - It is time when the level is emergency, or when the next tick, growing like the last one, would pass the limit.
///   - With several runs: the newest retriable run of the worker that holds most, among the workers that have one. Only
///   if
///     there is none at all, and the limit is about to be passed, the newest run of the worker that holds most: it
///     fails with its evidence, and the others live.
///   - The only run is left alone, also at an emergency: nobody would gain by its end. Unless the limit is about to be
///     passed: better its attempt ends than the supervisor. If it has outgrown the whole limit by itself, that is
///     `exceeds_limit`; the caller counts such attempts as it counts crashes and seals the run when they are used up,
///     instead of trying for ever.
///   - One at a time: while a process given up still holds its memory, nobody else is given up.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/run_id.hpp"
#include "memory/level.hpp"

namespace holdfast::governor {

struct PreemptionRun {
  RunId run;
  int worker = 0;
  SteadyTime started_at;
  Bytes worker_held;  ///< What its worker's tree holds.
  Bytes grown;        ///< Of that, since the run was admitted.
  bool retriable = true;
};

struct PreemptionInput {
  memory::Level level = memory::Level::normal;
  Bytes used;
  Bytes limit;
  Bytes speculative;  ///< From speculative_growth(), with the ticks that a kill takes to have an effect.
  /// What is used when one fresh worker is idle: the supervisor and a boot. What a run may need at most is the rest.
  Bytes least_used;
  std::span<const PreemptionRun> running;
  bool one_is_dying = false;
};

enum class PreemptionCause : unsigned char {
  emergency,      ///< The level; others go on. Not the run's fault: does not count as a crash.
  predicted,      ///< The next tick would pass the limit, not by this run alone. Does not count as a crash.
  exceeds_limit,  ///< It needs more than the whole limit allows a single run. Counts as a crash.
};

[[nodiscard]] std::string_view to_string(PreemptionCause cause) noexcept;

/// What was decided, and the evidence for it: goes into the journal with the attempt's end.
struct Preemption {
  RunId run;
  int worker = 0;
  PreemptionCause cause = PreemptionCause::emergency;
  bool retriable = true;
  Bytes grown;
  Bytes worker_held;
  Bytes used;
  Bytes limit;
  Bytes speculative;
};

[[nodiscard]] std::optional<Preemption> choose_victim(const PreemptionInput& input);

}  // namespace holdfast::governor
