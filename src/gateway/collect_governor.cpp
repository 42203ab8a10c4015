// The governor's part of GET /metrics.
#include "gateway/collect_metrics.hpp"

namespace holdfast::gateway {
namespace {

// One sample for each value of the enumeration that indexes the counts.
template <class Enum, std::size_t N>
void add_each(MetricSamples& out, std::size_t metric, const std::array<std::uint64_t, N>& counts) {
  for (std::size_t i = 0; i < N; ++i) out.add(metric, counts[i], to_string(static_cast<Enum>(i)));
}

void collect_admission(const governor::AdmissionStatus& admission, MetricSamples& out) {
  using governor::WaitReason;
  out.add(metric("holdfast_admission_admitted_total"), admission.admitted);
  out.add(metric("holdfast_admission_over_ceiling_total"), admission.over_ceiling);
  out.add(metric("holdfast_admission_alone_total"), admission.alone);
  add_each<WaitReason>(out, metric("holdfast_admission_waits_total"), admission.waits);
  const auto& head = admission.head_waits;
  using enum WaitReason;
  for (const auto reason : {memory, concurrency, unmeasured, level}) {
    out.add(metric("holdfast_admission_head_waits"), head && head->reason == reason, to_string(reason));
  }
  if (head) {
    out.add(metric("holdfast_admission_head_needed_bytes"), head->needed);
    out.add(metric("holdfast_admission_head_free_bytes"), head->free);
  }
  out.add(metric("holdfast_admission_running"), admission.running);
  out.add(metric("holdfast_admission_reserved_bytes"), admission.reserved);
  out.add(metric("holdfast_admission_unconsumed_bytes"), admission.unconsumed);
}

void collect_workers(const governor::GovernorStatus& status, MetricSamples& out) {
  add_each<governor::RecycleReason>(out, metric("holdfast_worker_recycles_total"), status.recycled);
  out.add(metric("holdfast_worker_retirements_total"), status.retired);
  out.add(metric("holdfast_recycling_useless"), status.useless_stop.has_value());
  out.add(metric("holdfast_worker_kernel_kills_total"), status.kernel_kills);
  out.add(metric("holdfast_fragmentation_findings_total"), status.fragmentation_findings);
  out.add(metric("holdfast_worker_boot_bytes"), status.boot);
  for (const auto& worker : status.workers) {
    const auto name = std::to_string(worker.index);
    out.add(metric("holdfast_worker_floor_bytes"), worker.floor, name);
    out.add(metric("holdfast_worker_fresh_floor_bytes"), worker.fresh_floor, name);
    out.add(metric("holdfast_worker_runs_served"), worker.runs, name);
  }
}

void collect_relief(const governor::ReliefStatus& relief, MetricSamples& out) {
  for (std::size_t i = 0; i < relief.ends.size(); ++i) {
    const auto end = static_cast<governor::StepEnd>(i);
    out.add(metric("holdfast_relief_steps_total"), relief.ends[i], relief.action, to_string(end));
  }
  out.add(metric("holdfast_relief_returned_bytes_total"), relief.returned_bytes, relief.action);
  out.add(metric("holdfast_relief_pause_seconds_total"), relief.pause, relief.action);
  out.add(metric("holdfast_relief_futile"), relief.futile, relief.action);
}

void collect_route(const governor::RouteStatus& route, MetricSamples& out) {
  out.add(metric("holdfast_route_runs_total"), route.runs, route.route);
  out.add(metric("holdfast_route_measured"), route.measured, route.route);
  out.add(metric("holdfast_route_predicted_peak_bytes"), route.predicted, route.route);
  out.add(metric("holdfast_route_suspicious_runs_total"), route.suspicious, route.route);
  out.add(metric("holdfast_route_last_growth_bytes"), route.last_growth, route.route);
  out.add(metric("holdfast_route_growth_bytes"), route.total_growth, route.route);
  using enum memory::GrowthVerdict;
  for (const auto verdict : {unknown, load, retention, leak}) {
    out.add(metric("holdfast_route_verdict"), verdict == route.trend.verdict, route.route, to_string(verdict));
  }
  out.add(metric("holdfast_route_slope_bytes"), route.trend.slope, route.route);
  out.add(metric("holdfast_route_slope_bound_bytes"), route.trend.low, route.route, "low");
  out.add(metric("holdfast_route_slope_bound_bytes"), route.trend.high, route.route, "high");
  out.add(metric("holdfast_route_retained_bytes"), route.trend.retained, route.route);
  out.add(metric("holdfast_route_time_to_limit_seconds"), route.time_to_limit, route.route);
}

}  // namespace

void collect_governor(const governor::GovernorStatus& status, SteadyTime now, MetricSamples& out) {
  collect_admission(status.admission, out);
  add_each<memory::Level>(out, metric("holdfast_memory_level_changes_total"), status.level_changes);
  add_each<governor::PreemptionCause>(out, metric("holdfast_preemptions_total"), status.preempted);
  collect_workers(status, out);
  const auto saturated = status.saturated_since ? now - *status.saturated_since : SteadyTime::duration::zero();
  out.add(metric("holdfast_saturation_seconds"), saturated);
  out.add(metric("holdfast_restart_recommended"), status.restart_recommended);
  for (const auto& relief : status.relief) collect_relief(relief, out);
  for (const auto& route : status.routes) collect_route(route, out);
}

}  // namespace holdfast::gateway
