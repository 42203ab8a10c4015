/// Which running attempt is given up, before the kernel kills a process of its own choice (the supervisor, or all).
/// Pure.
///
/// The rule, in which "near the end" means: `near_end` of the limit or more is used. (Used, and not the level: a level
/// falls only after its dwell, and until then one run after the other would go.)
///   - With several runs it is time near the end, or when what nobody reserved, growing like in the last tick, would
///     pass the limit in the next. Then the newest retriable run of the worker that holds most goes, among the workers
///     that have one. A run that was given up twice before is spared as long as there is another. Only if none is
///     retriable, and the limit is about to be passed, the newest run of the worker that holds most goes: it fails with
///     its evidence, and the others live.
///   - The only run is left alone, unless it is near the end and, growing like in the last tick, would pass the limit
///     before the next decision has its effect: better its attempt ends than the supervisor. (Who comes from below and
///     grows by more than the rest in one tick cannot be met in time by anybody; only admission helps against it.) If
///     it has outgrown the whole limit by itself, that is `exceeds_limit`; the caller counts such attempts as it counts
///     crashes and seals the run when they are used up, instead of trying for ever.
///   - Nobody goes where the supervisor and idle workers alone pass the limit: it would help nobody.
///   - One at a time: while a process given up still holds its memory, nobody else is given up.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/run_id.hpp"

namespace holdfast::governor {

struct PreemptionRun {
  RunId run;
  int worker = 0;
  SteadyTime started_at;
  Bytes worker_held;  ///< What its worker's tree holds.
  Bytes grown;        ///< Of that, since the run was admitted.
  bool retriable = true;
  int given_up_before = 0;  ///< Earlier attempts that were preempted.
};

struct PreemptionInput {
  Bytes used;
  Bytes limit;
  double near_end = 0.9375;  ///< Where the level emergency begins.
  Bytes growth;              ///< Of the use, in the last tick.
  Bytes speculative;         ///< From speculative_growth(), with the ticks that a kill takes to have an effect.
  /// What is used when one fresh worker is idle: the supervisor, a boot, and idle workers too small to be stopped. What
  /// a run may need at most is the rest.
  Bytes least_used;
  std::span<const PreemptionRun> running;
  bool one_is_dying = false;
};

enum class PreemptionCause : unsigned char {
  emergency,      ///< Near the end of the limit. Not the run's fault: does not count as a crash.
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
  Bytes expected;  ///< Before the next decision has its effect.
};

[[nodiscard]] std::optional<Preemption> choose_victim(const PreemptionInput& input);

}  // namespace holdfast::governor
