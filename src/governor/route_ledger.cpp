#include "governor/route_ledger.hpp"

#include <algorithm>

#include "memory/growth.hpp"

namespace holdfast::governor {
namespace {

/// Between two looks at one route's trend: a verdict needs dozens of runs, not milliseconds.
constexpr std::chrono::seconds kJudgeInterval{1};
/// Weight of the latest interval in the rate of runs.
constexpr double kRateWeight = 0.05;

}  // namespace

RouteLedger::Route& RouteLedger::remember(std::string_view name) {
  const auto known = std::ranges::find_if(routes_, [name](const Route& route) { return route.status.route == name; });
  if (known != routes_.end()) {
    routes_.splice(routes_.begin(), routes_, known);
  } else {
    if (routes_.size() >= config_.max_routes) routes_.pop_back();
    routes_.emplace_front(name);
  }
  return routes_.front();
}

void RouteLedger::ended(const AttemptMemory& attempt, PeakKind kind, SteadyTime now) {
  estimate_.observe(attempt.route, attempt.grown_at_most(), kind);
  auto& route = remember(attempt.route);
  if (kind == PeakKind::cut_short) return;
  auto& status = route.status;
  ++status.runs;
  status.last_growth = attempt.receipt.retained;
  status.total_growth += attempt.receipt.retained;
  if (memory::is_suspicious(attempt.receipt.retained)) ++status.suspicious;
  if (status.runs > 1) {
    const std::chrono::duration<double> since = std::max(now - route.ended_at, SteadyTime::duration(1'000'000));
    const double rate = 1.0 / since.count();
    route.runs_per_second = status.runs == 2 ? rate : route.runs_per_second * (1.0 - kRateWeight) + rate * kRateWeight;
  }
  route.ended_at = now;
}

void RouteLedger::idle_floor(std::string_view route, std::uint64_t life, std::uint64_t runs, Bytes floor) {
  auto& entry = remember(route);
  entry.trend.add(life, runs, floor);
  entry.has_news = true;
}

std::optional<RouteLedger::NewVerdict> RouteLedger::judge_one(Bytes headroom, SteadyTime now) {
  Route* oldest = nullptr;
  for (auto& route : routes_) {
    if (!route.has_news || now - route.judged_at < kJudgeInterval) continue;
    if (!oldest || route.judged_at < oldest->judged_at) oldest = &route;
  }
  if (!oldest) return std::nullopt;
  const auto before = oldest->status.trend.verdict;
  oldest->has_news = false;
  oldest->judged_at = now;
  oldest->status.trend = oldest->trend.evaluate();
  oldest->status.time_to_limit = memory::time_to_limit(oldest->status.trend, headroom, oldest->runs_per_second);
  if (oldest->status.trend.verdict == before) return std::nullopt;
  return NewVerdict{oldest->status.route, oldest->status.trend};
}

std::optional<std::chrono::milliseconds> RouteLedger::time_to_limit() const {
  std::optional<std::chrono::milliseconds> soonest;
  for (const auto& route : routes_) {
    if (!route.status.time_to_limit) continue;
    const std::chrono::milliseconds time = *route.status.time_to_limit;
    soonest = soonest ? std::min(*soonest, time) : time;
  }
  return soonest;
}

std::vector<RouteStatus> RouteLedger::status() const {
  std::vector<RouteStatus> all;
  for (const auto& route : routes_) {
    auto status = route.status;
    const auto predicted = estimate_.predict(status.route);
    status.predicted = predicted.peak;
    status.measured = predicted.measured();
    all.push_back(std::move(status));
  }
  return all;
}

}  // namespace holdfast::governor
