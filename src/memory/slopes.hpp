/// Theil-Sen: the median of the slopes between all pairs of points, and its interval from Kendall's statistic. Robust,
/// and free of any assumption about how the noise is distributed. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace holdfast::memory {

/// Slopes pooled over several series ("strata"): a pair never spans two of them.
class SlopePool {
 public:
  void add(double slope) { slopes_.push_back(slope); }
  /// Every series whose slopes were added, by its number of points: the interval's width depends on it.
  void count_series(std::size_t points) noexcept;

  [[nodiscard]] bool empty() const noexcept { return slopes_.empty(); }
  /// Not of an empty pool. Reorders the slopes.
  [[nodiscard]] double median();

  struct Interval {
    double low;
    double high;
  };
  /// `z`: standard deviations of the normal distribution, 1.96 for 95 %. None: too few points for such confidence.
  /// `inflation`: by which the points' dependence on each other widens the variance; the interval then ends at the
  /// smallest and the largest slope.
  [[nodiscard]] std::optional<Interval> interval(double z, double inflation = 1);

 private:
  [[nodiscard]] double ranked(std::size_t rank);

  std::vector<double> slopes_;
  double variance_ = 0;  ///< Of Kendall's S, summed over the series.
};

}  // namespace holdfast::memory
