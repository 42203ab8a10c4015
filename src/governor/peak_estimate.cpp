#include "governor/peak_estimate.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "governor/saturating.hpp"

namespace holdfast::governor {

void PeakEstimate::observe(std::string_view route, Bytes peak, PeakKind kind) {
  auto& known = remember(route);
  if (kind == PeakKind::cut_short) {
    // It says only "at least": that is news when it is more than was expected anyway.
    if (!known.measured) {
      known.cut_short_at = std::max(known.cut_short_at, peak);
      return;
    }
    if (peak <= quantile(known)) return;
  } else if (!known.measured) {
    known.measured = true;
    // What killed an earlier run of this route may do so again, although this one was smaller.
    if (known.cut_short_at > peak) known.peaks.push_front(known.cut_short_at);
  }
  known.peaks.push_front(peak);
  while (known.peaks.size() > config_.window) known.peaks.pop_back();
}

Prediction PeakEstimate::predict(std::string_view route, Bytes cut_short_at) const {
  const auto found = by_name_.find(std::string(route));
  const bool measured = found != by_name_.end() && found->second->measured;
  Bytes expected = cut_short_at;
  if (found != by_name_.end()) {
    expected = std::max(expected, measured ? quantile(*found->second) : found->second->cut_short_at);
  }
  const auto least = measured ? config_.floor : std::max(config_.floor, config_.unmeasured);
  const auto measurements = measured ? found->second->peaks.size() : 0;
  return {std::max(least, times(expected, 1.0 + config_.margin)), measurements};
}

std::vector<RoutePeaks> PeakEstimate::learned() const {
  std::vector<RoutePeaks> all;
  for (auto route = routes_.rbegin(); route != routes_.rend(); ++route) {
    if (route->measured) all.push_back({route->name, {route->peaks.begin(), route->peaks.end()}});
  }
  return all;
}

void PeakEstimate::restore(std::span<const RoutePeaks> learned) {
  for (const auto& earlier : learned) {
    if (earlier.peaks.empty() || by_name_.contains(earlier.route)) continue;
    auto& route = remember(earlier.route);
    const auto kept = std::min(earlier.peaks.size(), config_.window);
    route.peaks.assign(earlier.peaks.begin(), earlier.peaks.begin() + static_cast<std::ptrdiff_t>(kept));
    route.measured = true;
  }
}

PeakEstimate::Route& PeakEstimate::remember(std::string_view name) {
  auto [found, is_new] = by_name_.try_emplace(std::string(name));
  if (!is_new) {
    routes_.splice(routes_.begin(), routes_, found->second);
    return routes_.front();
  }
  routes_.push_front(Route{std::string(name), {}, {}, false});
  found->second = routes_.begin();
  if (routes_.size() > std::max<std::size_t>(config_.max_routes, 1)) {
    by_name_.erase(routes_.back().name);
    routes_.pop_back();
    ++forgotten_;
  }
  return routes_.front();
}

Bytes PeakEstimate::quantile(const Route& route) const {
  std::vector<std::pair<Bytes, double>> weighted;
  weighted.reserve(route.peaks.size());
  double weight = 1.0;
  double total = 0.0;
  for (const auto peak : route.peaks) {
    weighted.emplace_back(peak, weight);
    total += weight;
    weight *= config_.decay;
  }
  // From the largest down: the first one that leaves no more than the allowed share above itself. With fewer than
  // some twenty observations that is the largest of all.
  std::ranges::sort(weighted, std::greater<>{}, &std::pair<Bytes, double>::first);
  double above = 0.0;
  for (const auto& [peak, share] : weighted) {
    above += share;
    if (above > (1.0 - config_.quantile) * total) return peak;
  }
  return weighted.empty() ? Bytes() : weighted.back().first;
}

}  // namespace holdfast::governor
