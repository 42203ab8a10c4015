/// How much memory a run of a route will need at its worst, learned from the runs before it.
///
/// A peak is how far the worker's process tree grew, during the run, above what it held when the run began. What a
/// fresh worker needs to start is counted apart (boot_footprint.hpp).
///
/// Ownership: one, on the supervisor strand; no I/O, no clock. The same observations give the same predictions.
/// Invariants:
///   - A prediction is never below `floor`, and never below the peak at which an earlier attempt was cut short.
///   - A route is measured once one of its runs came to its end; until then it runs alone (admission.hpp).
///   - At most `max_routes` routes are remembered. The one observed longest ago is forgotten first, and is then
///     unmeasured again; this is counted.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/bytes.hpp"

namespace holdfast::governor {

struct PeakEstimateConfig {
  /// High, not the maximum: one freak run must not make every later run wait.
  double quantile = 0.95;
  /// On top of the quantile: inputs grow, and a reading every 100 ms misses the very top.
  double margin = 0.25;
  /// What any run costs: the buffers of a request, a thread's stack, an answer.
  Bytes floor{8 * 1024 * 1024};
  /// Told and reserved for a route nobody has measured. It runs alone, so this bounds nothing.
  Bytes unmeasured{64 * 1024 * 1024};
  /// Each later observation multiplies the weight of the earlier ones by this: 0.97 halves it after 23 runs.
  double decay = 0.97;
  /// Observations kept of a route. With the decay above, those dropped weigh under 15 %.
  std::size_t window = 64;
  std::size_t max_routes = 256;
};

/// Whether the run came to its end. The peak of one that was killed or preempted is only a lower bound.
enum class PeakKind : unsigned char { complete, cut_short };

struct Prediction {
  Bytes peak;
  std::size_t measurements = 0;  ///< What it is learned from, at most PeakEstimateConfig::window.

  [[nodiscard]] bool measured() const noexcept { return measurements > 0; }
};

/// What has been learned of a measured route, to outlive the process.
struct RoutePeaks {
  std::string route;
  std::vector<Bytes> peaks;  ///< Newest first; at least one.

  friend bool operator==(const RoutePeaks&, const RoutePeaks&) = default;
};

class PeakEstimate {
 public:
  explicit PeakEstimate(PeakEstimateConfig config = {}) : config_(config) {}
  PeakEstimate(const PeakEstimate&) = delete;
  PeakEstimate& operator=(const PeakEstimate&) = delete;

  void observe(std::string_view route, Bytes peak, PeakKind kind);

  /// `cut_short_at` is the largest peak of earlier attempts at the same run that did not come to their end: trying
  /// again with the same reservation would fail again.
  [[nodiscard]] Prediction predict(std::string_view route, Bytes cut_short_at = {}) const;

  /// The measured routes, the one observed longest ago first.
  [[nodiscard]] std::vector<RoutePeaks> learned() const;

  /// Goes on from what an earlier process learned. A route that was observed since then keeps what it has.
  void restore(std::span<const RoutePeaks> learned);

  [[nodiscard]] std::size_t routes() const noexcept { return routes_.size(); }

  /// Routes forgotten because there were too many.
  [[nodiscard]] std::uint64_t forgotten() const noexcept { return forgotten_; }

 private:
  struct Route {
    std::string name;
    std::deque<Bytes> peaks;  ///< Newest first.
    Bytes cut_short_at;       ///< The largest lower bound seen while unmeasured.
    bool measured = false;
  };

  Route& remember(std::string_view name);
  [[nodiscard]] Bytes quantile(const Route& route) const;

  PeakEstimateConfig config_;
  std::list<Route> routes_;  ///< Most recently observed first.
  std::unordered_map<std::string, std::list<Route>::iterator> by_name_;
  std::uint64_t forgotten_ = 0;
};

}  // namespace holdfast::governor
