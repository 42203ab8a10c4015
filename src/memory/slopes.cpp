#include "memory/slopes.hpp"

#include <algorithm>
#include <cmath>

namespace holdfast::memory {

void SlopePool::count_series(std::size_t points) noexcept {
  const auto n = static_cast<double>(points);
  variance_ += n * (n - 1) * (2 * n + 5) / 18;
}

double SlopePool::ranked(std::size_t rank) {
  const auto at = slopes_.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(slopes_.begin(), at, slopes_.end());
  return *at;
}

double SlopePool::median() { return ranked(slopes_.size() / 2); }

std::optional<SlopePool::Interval> SlopePool::interval(double z, double inflation) {
  const auto count = static_cast<double>(slopes_.size());
  if (slopes_.empty() || z * std::sqrt(variance_) > count) return std::nullopt;
  const double low = std::max(0.0, std::floor((count - z * std::sqrt(variance_ * inflation)) / 2));
  const auto rank = static_cast<std::size_t>(low);
  const double lowest = ranked(rank);
  return Interval{lowest, ranked(slopes_.size() - 1 - rank)};
}

}  // namespace holdfast::memory
