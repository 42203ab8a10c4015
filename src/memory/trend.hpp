/// Whether the runs of a route leave memory behind, one after the other: leak, retention, or just load. Pure.
///
/// Ownership: one RouteTrend a route, on the supervisor strand.
/// Units: bytes per run.
/// Method: the Theil-Sen slope of idle floors over runs served, from slopes within each worker life, with an interval
/// that assumes nothing about the noise, but that it is the wider the more neighbours are alike. It is called a leak
/// only if all of these hold; each keeps one kind of innocent trace out (docs of the tests name them):
///   1. the interval's lower bound is above `least_slope` (noise, load that swings);
///   2. the newest quarter of the series and two others rise at half that slope at least (a step);
///   3. so does the later half of the lives (warm-up);
///   4. what a life gains at the lower bound is more than the largest fall seen in it (saw-tooth).
/// Invariants:
///   - Bounded: the newest kMostFloors floors are kept, whatever happens.
///   - Too little evidence is `unknown`. Lives shorter than `least_life` (down to one run, where a worker is recycled
///   after
///     each) cannot tell a leak from warm-up: there it is a leak only when a life gains over kSuspiciousGrowth.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"
#include "memory/growth.hpp"

namespace holdfast::memory {

enum class GrowthVerdict : unsigned char {
  unknown,    ///< Not enough is known. Never a guess.
  load,       ///< Floors are flat: memory rises and falls with the runs there are.
  retention,  ///< Something was kept once, and more runs do not add to it.
  leak,       ///< Every run adds.
};

[[nodiscard]] std::string_view to_string(GrowthVerdict verdict) noexcept;

/// 16 bytes each and 8 KB a route; over 300 runs, so that a leak of 100 KB a run stands out of several MB of noise.
inline constexpr std::size_t kMostFloors = 512;

struct TrendConfig {
  double least_slope = 10.0 * 1024;  ///< Below it a worker lives for a hundred thousand runs a GB: not worth a word.
  std::size_t least_runs = 60;       ///< In all. Unless the gain of a life is suspicious by itself.
  double least_life = 30;            ///< Runs of a life, after which warm-up is over.
  /// 99.9 %: the question is asked after every run, and one false alarm in a hundred traces is the most we allow.
  double z = 3.3;
  Bytes retained{10ULL * 1024 * 1024};  ///< Kept in a life, from which it is called retention.
};

struct Trend {
  GrowthVerdict verdict = GrowthVerdict::unknown;
  std::optional<double> slope;  ///< Bytes per run. None: no two floors of one life.
  std::optional<double> low;    ///< Bounds of the slope, together. None: too few floors for that confidence.
  std::optional<double> high;
  std::int64_t retained = 0;  ///< Floors late in a life less the first one, median over lives.
  std::size_t runs = 0;       ///< Runs between the first and the last floor, summed over lives.
  std::size_t lives = 0;
};

class RouteTrend {
 public:
  explicit RouteTrend(TrendConfig config = {}) : config_(config) {}

  /// A floor of the worker process `life` (a number that no other process gets) after `runs` runs in it; 0 is before
  /// the first. Within a life `runs` rises.
  void add(std::uint64_t life, std::uint64_t runs, Bytes floor);

  /// About 0.1 ms for a hundred floors, 2 ms at the most.
  [[nodiscard]] Trend evaluate() const;

 private:
  struct Floor {
    std::uint64_t life;
    std::uint64_t runs;
    Bytes size;
  };
  TrendConfig config_;
  std::deque<Floor> floors_;
  friend class TrendEvaluation;
};

/// Runs until `headroom` is used up at the slope. None: nothing leaks.
[[nodiscard]] std::optional<double> runs_to_limit(const Trend& trend, Bytes headroom) noexcept;

/// The same in time, at the present rate of runs. None: nothing leaks, nothing runs, or it is over ten years away.
[[nodiscard]] std::optional<std::chrono::seconds> time_to_limit(const Trend& trend, Bytes headroom,
                                                                double runs_per_second) noexcept;

}  // namespace holdfast::memory
