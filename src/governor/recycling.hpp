/// Whether a worker is to be replaced by a fresh one, why, and in which order: the new one first, or the old one out
/// first; or stopped without a successor, when the run that waits needs its memory and not itself. Pure.
///
/// The caller drains: a run in progress ends first, and new ones wait in the journal meanwhile. Nothing is lost by it.
///
/// Invariants:
///   - Overlap (new first) only if what is used, promised and may be taken by the next tick leaves room for a fresh
///     worker, by its measured footprint, under the ceiling, and no run waits for memory. Not measured: drain first.
///   - A worker that gives back less than `min_gain` is replaced only when somebody asked for it.
///   - While recycling has proved useless (RecycleHistory), only what was asked for is done. Retiring goes on.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "governor/recycle_history.hpp"

namespace holdfast::governor {

struct RecycleConfig {
  /// How much a worker may keep above a fresh one before it is replaced.
  Bytes growth_budget{100 * 1024 * 1024};
  /// Less is not worth a start.
  Bytes min_gain{16 * 1024 * 1024};
  /// Fragmentation: both, so that neither a small worker nor a large healthy one is replaced.
  Bytes fragmented{100 * 1024 * 1024};
  double fragmented_share = 0.5;
  /// What a drain takes at most, and how often over the limit must be away.
  std::chrono::milliseconds drain{30'000};
  double safety = 3.0;
  /// For growth and fragmentation, which can wait.
  std::chrono::milliseconds min_life{60'000};
};

enum class RecycleReason : unsigned char {
  manual,         ///< Somebody asked for this worker.
  saturation,     ///< SaturationTracker named it.
  time_to_limit,  ///< At its growth the limit is reached before a drain with safety is over.
  room,           ///< A run that waits does not fit, and a fresh worker holds less.
  growth,
  fragmentation,
  relief,  ///< The ladder asked for every idle worker that has something to give.
};

[[nodiscard]] std::string_view to_string(RecycleReason reason) noexcept;

enum class RecycleMode : unsigned char {
  overlap,
  drain_first,
  retire,  ///< No successor now; one starts when a run needs it and its start has room (AdmissionRequest::boot).
};

[[nodiscard]] std::string_view to_string(RecycleMode mode) noexcept;

struct WorkerMemory {
  Bytes floor;        ///< What it holds when idle, collected and trimmed if that is possible.
  Bytes fresh_floor;  ///< What it held when it was ready, before its first run.
  Bytes fragmented;   ///< What only a replacement gives back, by its bands; zero when not known.
  std::optional<std::chrono::milliseconds> time_to_limit;
  SteadyTime started_at;
};

struct RecycleRoom {
  Bytes used;
  Bytes limit;
  double ceiling = 0.90;  ///< AdmissionConfig::ceiling.
  Bytes unconsumed;
  Bytes speculative;
  std::optional<Bytes> boot;  ///< BootFootprint::expected().
  bool run_waits = false;     ///< The head of the queue waits for memory.
  bool is_spare = false;      ///< This worker is idle, and another idle one is left for that run.
};

struct RecycleDecision {
  RecycleReason reason = RecycleReason::manual;
  RecycleMode mode = RecycleMode::drain_first;
  Bytes winnable;
};

/// What replacing the worker would give back; zero when that is not worth a start.
///
/// AdmissionRequest::reclaimable is the sum of
///   - this, of the idle worker that the waiting run will get (zero while a stop of the history is in force);
///   - all that the other idle workers hold, where that is `min_gain` or more, since they can be retired;
///   - all that an old worker on its way out still holds: to start before it is gone would be to start in vain.
[[nodiscard]] Bytes winnable(const RecycleConfig& config, const WorkerMemory& worker,
                             std::optional<Bytes> boot) noexcept;

/// `asked` is manual or saturation when one of them named this worker.
[[nodiscard]] std::optional<RecycleDecision> judge_recycling(const RecycleConfig& config, const WorkerMemory& worker,
                                                             const RecycleRoom& room, const RecycleHistory& history,
                                                             std::optional<RecycleReason> asked, SteadyTime now);

}  // namespace holdfast::governor
