/// Whether a worker is to be replaced by a fresh one, why, and in which order: the new one first, or the old one out
/// first. Pure.
///
/// The caller drains: a run in progress ends first, and new ones wait in the journal meanwhile. Nothing is lost by it.
///
/// Invariants:
///   - Overlap (new first) only if what is used, promised and may be taken by the next tick leaves room for a fresh
///   worker,
///     by its measured footprint, under the ceiling. Not measured: drain first.
///   - A worker that gives back less than `min_gain` is replaced only when somebody asked for it.
///   - While recycling has proved useless (RecycleHistory), only what was asked for is done.
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
};

[[nodiscard]] std::string_view to_string(RecycleReason reason) noexcept;

enum class RecycleMode : unsigned char { overlap, drain_first };

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
};

struct RecycleDecision {
  RecycleReason reason = RecycleReason::manual;
  RecycleMode mode = RecycleMode::drain_first;
  Bytes winnable;
};

/// What replacing the worker would give back; zero when that is not worth a start. The sum over the idle workers is
/// AdmissionRequest::reclaimable, unless a stop of `history` is in force.
[[nodiscard]] Bytes winnable(const RecycleConfig& config, const WorkerMemory& worker,
                             std::optional<Bytes> boot) noexcept;

/// `asked` is manual or saturation when one of them named this worker.
[[nodiscard]] std::optional<RecycleDecision> judge_recycling(const RecycleConfig& config, const WorkerMemory& worker,
                                                             const RecycleRoom& room, const RecycleHistory& history,
                                                             std::optional<RecycleReason> asked, SteadyTime now);

}  // namespace holdfast::governor
