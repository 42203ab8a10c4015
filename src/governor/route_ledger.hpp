/// What the runs of each route have cost and left behind: predicted peaks, growth, and the verdict on it.
///
/// Ownership: one, on the supervisor strand; no I/O, no clock.
/// Invariant: at most PeakEstimateConfig::max_routes routes; the one that ended a run longest ago is forgotten first.
#pragma once

#include <list>
#include <optional>
#include <string_view>

#include "governor/attempt_memory.hpp"
#include "governor/governor_status.hpp"
#include "governor/peak_estimate.hpp"
#include "memory/trend.hpp"

namespace holdfast::governor {

class RouteLedger {
 public:
  explicit RouteLedger(PeakEstimateConfig config = {}) : config_(config), estimate_(config) {}

  [[nodiscard]] Prediction predict(std::string_view route, Bytes cut_short_at) const {
    return estimate_.predict(route, cut_short_at);
  }

  [[nodiscard]] std::vector<RoutePeaks> learned() const { return estimate_.learned(); }
  void restore(std::span<const RoutePeaks> learned) { estimate_.restore(learned); }

  /// An attempt of the route is over.
  void ended(const AttemptMemory& attempt, PeakKind kind, SteadyTime now);

  /// What the worker process `life` holds when idle, after `runs` runs, of which the last was of this route.
  void idle_floor(std::string_view route, std::uint64_t life, std::uint64_t runs, Bytes floor);

  /// A verdict that has changed, for the log.
  struct NewVerdict {
    std::string route;
    memory::Trend trend;
  };

  /// Judges the route whose verdict is oldest, if there is news of it; costs up to 2 ms. `headroom` is what the ceiling
  /// leaves.
  std::optional<NewVerdict> judge_one(Bytes headroom, SteadyTime now);

  /// How long until the headroom is used up by the route that leaks fastest. None: nothing leaks.
  [[nodiscard]] std::optional<std::chrono::milliseconds> time_to_limit() const;

  [[nodiscard]] std::vector<RouteStatus> status() const;

 private:
  struct Route {
    explicit Route(std::string_view name) { status.route = name; }
    RouteStatus status;
    memory::RouteTrend trend;
    bool has_news = false;
    SteadyTime judged_at{};
    SteadyTime ended_at{};
    double runs_per_second = 0;  ///< Moving average over the intervals between ends.
  };

  Route& remember(std::string_view name);

  PeakEstimateConfig config_;
  PeakEstimate estimate_;
  std::list<Route> routes_;  ///< Latest to end a run first.
};

}  // namespace holdfast::governor
