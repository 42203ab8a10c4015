#include "memory/trend.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <unordered_map>
#include <utility>
#include <vector>

#include "memory/slopes.hpp"

namespace holdfast::memory {
namespace {

// Of a life; longer ones are averaged down to it. 128 points have 8,128 pairs.
constexpr std::size_t kMostPoints = 128;
constexpr std::size_t kQuarters = 4;
// Of the likeness of neighbours that widens the interval: 3.5 times as wide. With more, a large leak under swings of
// the load would never stand out; bench/run-leak-detector tells what a change costs.
constexpr double kMostLikeness = 0.85;
// Fewer residuals say nothing of their neighbours.
constexpr std::size_t kFewestResiduals = 4;

struct Point {
  double runs;
  double floor;
  double order;  ///< Position in the whole series, by which quarters are told.
};
using Life = std::vector<Point>;

double median_floor(std::vector<Point> points) {
  const auto middle = points.begin() + static_cast<std::ptrdiff_t>(points.size() / 2);
  std::nth_element(points.begin(), middle, points.end(),
                   [](const Point& left, const Point& right) { return left.floor < right.floor; });
  return middle->floor;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Life average_down(const Life& life) {
  const auto group = (life.size() + kMostPoints - 1) / kMostPoints;
  if (group <= 1) return life;
  Life averaged;
  for (std::size_t begin = 0; begin + group <= life.size(); begin += group) {
    Point sum{0, 0, 0};
    for (std::size_t i = begin; i < begin + group; ++i) {
      sum.runs += life[i].runs;
      sum.floor += life[i].floor;
      sum.order += life[i].order;
    }
    const auto count = static_cast<double>(group);
    averaged.push_back({sum.runs / count, sum.floor / count, sum.order / count});
  }
  return averaged;
}

double largest_fall(const Life& life) {
  double highest = life.front().floor;
  double fall = 0;
  for (const auto& point : life) {
    highest = std::max(highest, point.floor);
    fall = std::max(fall, highest - point.floor);
  }
  return fall;
}

/// How far each floor lies from the line, around their mean.
std::vector<double> residuals_of(const Life& life, double slope) {
  std::vector<double> residuals;
  double sum = 0;
  for (const auto& point : life) sum += residuals.emplace_back(point.floor - slope * point.runs);
  for (auto& residual : residuals) residual -= sum / static_cast<double>(life.size());
  return residuals;
}

/// Late floors less the first.
double retained_in(const Life& life) {
  const auto late = std::max<std::size_t>(1, life.size() / 2);
  return median_floor({life.begin() + static_cast<std::ptrdiff_t>(late), life.end()}) - life.front().floor;
}

}  // namespace

/// One evaluation: pools the slopes life by life, then judges.
class TrendEvaluation {
 public:
  explicit TrendEvaluation(const RouteTrend& route) : config_(route.config_), total_(route.floors_.size()) {
    std::unordered_map<std::uint64_t, std::size_t> index;
    for (std::size_t i = 0; i < total_; ++i) {
      const auto& floor = route.floors_[i];
      const auto [at, is_new] = index.try_emplace(floor.life, lives_.size());
      if (is_new) lives_.emplace_back();
      lives_[at->second].push_back(
          {static_cast<double>(floor.runs), static_cast<double>(floor.size.count()), static_cast<double>(i)});
    }
    std::erase_if(lives_, [](const Life& life) { return life.size() < 2; });
  }

  Trend run() {
    Trend trend{.lives = lives_.size()};
    if (lives_.empty()) return trend;
    std::vector<double> retained;
    for (const auto& life : lives_) {
      retained.push_back(retained_in(life));
      pool(life);
    }
    life_span_ /= std::max(span_, 1.0);
    fall_ /= std::max(span_, 1.0);
    trend.retained = static_cast<std::int64_t>(median(std::move(retained)));
    trend.runs = static_cast<std::size_t>(span_);
    if (all_.empty()) return trend;
    trend.slope = all_.median();
    if (const auto interval = all_.interval(config_.z, inflation(*trend.slope))) {
      trend.low = interval->low;
      trend.high = interval->high;
      trend.verdict = judge(trend, interval->low, *trend.slope);
    }
    return trend;
  }

 private:
  void pool(const Life& whole) {
    // The first run of a life loads what later ones use: it is left out as soon as there are others.
    const bool has_others = whole.size() >= 3 && whole.front().runs == 0;
    const auto& life = judged_.emplace_back(average_down(has_others ? Life(whole.begin() + 1, whole.end()) : whole));
    const double span = whole.back().runs - whole.front().runs;
    span_ += span;
    life_span_ += span * span;
    fall_ += span * largest_fall(life);
    all_.count_series(life.size());
    const auto late_from = life.size() >= 4 ? life.size() / 2 : 0;
    for (std::size_t i = 0; i < life.size(); ++i) {
      for (std::size_t j = i + 1; j < life.size(); ++j) {
        if (life[j].runs <= life[i].runs) continue;
        const double slope = (life[j].floor - life[i].floor) / (life[j].runs - life[i].runs);
        all_.add(slope);
        if (quarter_of(life[i]) == quarter_of(life[j])) quarters_[quarter_of(life[i])].add(slope);
        if (i >= late_from) late_.add(slope);
      }
    }
  }

  /// Memory follows the load, which swings slower than runs come and go: floors near each other are alike, and say less
  /// than as many that are not. By their lag-one autocorrelation r around the line: (1 + r) / (1 - r).
  [[nodiscard]] double inflation(double slope) const {
    double products = 0;
    double squares = 0;
    for (const auto& life : judged_) {
      if (life.size() < kFewestResiduals) continue;
      const auto residuals = residuals_of(life, slope);
      products += std::inner_product(residuals.begin() + 1, residuals.end(), residuals.begin(), 0.0);
      squares += std::inner_product(residuals.begin(), residuals.end(), residuals.begin(), 0.0);
    }
    const double likeness = squares > 0 ? std::clamp(products / squares, 0.0, kMostLikeness) : 0.0;
    return (1 + likeness) / (1 - likeness);
  }

  [[nodiscard]] std::size_t quarter_of(const Point& point) const {
    const auto share = point.order * kQuarters / static_cast<double>(total_);
    return std::min(static_cast<std::size_t>(share), kQuarters - 1);
  }

  GrowthVerdict judge(const Trend& trend, double low, double slope) {
    const double gain = low * life_span_;
    const bool glaring = is_suspicious(static_cast<std::int64_t>(gain));
    if (trend.runs < config_.least_runs && !glaring) return GrowthVerdict::unknown;
    if (low > config_.least_slope && repeats(slope) && gain > fall_) {
      return glaring || life_span_ >= config_.least_life ? GrowthVerdict::leak : GrowthVerdict::unknown;
    }
    if (trend.retained >= static_cast<std::int64_t>(config_.retained.count())) return GrowthVerdict::retention;
    return GrowthVerdict::load;
  }

  bool repeats(double slope) {
    const auto rises = [slope](SlopePool& part) { return !part.empty() && part.median() >= slope / 2; };
    const auto rising = std::ranges::count_if(quarters_, rises);
    return rising >= 3 && rises(quarters_.back()) && rises(late_);
  }

  const TrendConfig& config_;
  std::size_t total_;
  std::vector<Life> lives_;
  std::vector<Life> judged_;  ///< The same, as their slopes were taken.
  SlopePool all_;
  std::array<SlopePool, kQuarters> quarters_;
  SlopePool late_;
  double span_ = 0;
  // Of the life that a run is in on average: a worker that has just begun says little.
  double life_span_ = 0;
  double fall_ = 0;
};

std::string_view to_string(GrowthVerdict verdict) noexcept {
  switch (verdict) {
    case GrowthVerdict::unknown: return "unknown";
    case GrowthVerdict::load: return "load";
    case GrowthVerdict::retention: return "retention";
    case GrowthVerdict::leak: return "leak";
  }
  std::unreachable();
}

void RouteTrend::add(std::uint64_t life, std::uint64_t runs, Bytes floor) {
  floors_.push_back({life, runs, floor});
  if (floors_.size() > kMostFloors) floors_.pop_front();
}

Trend RouteTrend::evaluate() const { return TrendEvaluation(*this).run(); }

std::optional<double> runs_to_limit(const Trend& trend, Bytes headroom) noexcept {
  if (trend.verdict != GrowthVerdict::leak || !trend.slope || *trend.slope <= 0) return std::nullopt;
  return static_cast<double>(headroom.count()) / *trend.slope;
}

std::optional<std::chrono::seconds> time_to_limit(const Trend& trend, Bytes headroom, double runs_per_second) noexcept {
  const auto runs = runs_to_limit(trend, headroom);
  constexpr double kTenYears = 10.0 * 365 * 24 * 3600;
  if (!runs || !(runs_per_second > 0) || *runs / runs_per_second > kTenYears) return std::nullopt;
  return std::chrono::seconds(static_cast<std::chrono::seconds::rep>(*runs / runs_per_second));
}

}  // namespace holdfast::memory
