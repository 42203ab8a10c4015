#include "gateway/governor_json.hpp"

#include <chrono>

#include "gateway/json_text.hpp"

namespace holdfast::gateway {
namespace {

std::int64_t count_of(Bytes size) { return static_cast<std::int64_t>(size.count()); }
std::int64_t count_of(std::uint64_t count) { return static_cast<std::int64_t>(count); }

void add_or_null(ObjectText& out, std::string_view key, std::optional<double> value) {
  value ? out.decimal(key, *value) : out.raw(key, "null");
}

std::string route_json(const governor::RouteStatus& route) {
  ObjectText out;
  out.text("route", route.route).number("runs", count_of(route.runs)).boolean("measured", route.measured);
  out.number("predicted_bytes", count_of(route.predicted));
  out.text("verdict", to_string(route.trend.verdict));
  add_or_null(out, "slope_bytes_per_run", route.trend.slope);
  add_or_null(out, "slope_low", route.trend.low);
  add_or_null(out, "slope_high", route.trend.high);
  out.number("last_growth_bytes", route.last_growth).number("total_growth_bytes", route.total_growth);
  out.number("suspicious_runs", count_of(route.suspicious));
  const auto& left = route.time_to_limit;
  return out.number("seconds_to_limit", left ? std::optional<std::int64_t>(left->count()) : std::nullopt).take();
}

}  // namespace

std::string admission_json(const governor::AdmissionStatus& admission) {
  ObjectText out;
  out.number("running", count_of(std::uint64_t{admission.running}));
  out.number("reserved_bytes", count_of(admission.reserved));
  out.number("unconsumed_bytes", count_of(admission.unconsumed));
  const auto& head = admission.head_waits;
  if (!head) return out.raw("head_waits", "null").take();
  ObjectText waits;
  waits.text("reason", to_string(head->reason)).number("needed_bytes", count_of(head->needed));
  return out.raw("head_waits", waits.number("free_bytes", count_of(head->free)).take()).take();
}

std::string routes_json(const governor::GovernorStatus& status) {
  std::string list = "[";
  for (const auto& route : status.routes) {
    if (list.size() > 1) list += ',';
    list += route_json(route);
  }
  return list + ']';
}

std::string cache_json(const runs::AnswerCacheStatus& cache) {
  ObjectText out;
  out.boolean("enabled", cache.off_because.empty());
  cache.off_because.empty() ? out.raw("off_because", "null") : out.text("off_because", cache.off_because);
  out.number("entries", count_of(std::uint64_t{cache.entries})).number("bytes", count_of(cache.bytes));
  out.number("budget_bytes", count_of(cache.budget));
  const auto& counts = cache.counts;
  out.number("hits", count_of(counts.hits)).number("misses", count_of(counts.misses));
  out.number("shared", count_of(cache.shared));
  const auto asked = counts.hits + counts.misses;
  std::optional<double> rate;
  if (asked > 0) rate = static_cast<double>(counts.hits) / static_cast<double>(asked);
  add_or_null(out, "hit_rate", rate);
  return out.number("evicted", count_of(counts.evicted)).number("refused", count_of(counts.refused)).take();
}

}  // namespace holdfast::gateway
