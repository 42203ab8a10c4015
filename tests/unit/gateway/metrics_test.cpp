// What GET /metrics says, from the values to the text.
#include <gmock/gmock.h>

#include <fstream>
#include <set>
#include <sstream>

#include "tests/unit/gateway/metrics_world.hpp"

namespace holdfast::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Only the values, without the lines of help and type.
std::string values_of(const MetricSamples& samples) {
  std::istringstream text(exposition_text(samples));
  std::string out = "\n";
  for (std::string line; std::getline(text, line);) {
    if (!line.starts_with('#')) out += line + '\n';
  }
  return out;
}

std::set<std::string_view> names_in(const MetricSamples& samples) {
  std::set<std::string_view> names;
  for (const auto& sample : samples.list()) names.insert(kMetrics[sample.metric].name);
  return names;
}

TEST(MetricsTest, EveryFamilyHasItsHelpAndType) {
  MetricSamples samples;
  samples.add(metric("holdfast_runs_queued"), 3);
  samples.add(metric("holdfast_http_requests_total"), 12);
  EXPECT_EQ(exposition_text(samples),
            "# HELP holdfast_http_requests_total Requests that were read, scrapes included.\n"
            "# TYPE holdfast_http_requests_total counter\n"
            "holdfast_http_requests_total 12\n"
            "# HELP holdfast_runs_queued Runs that wait for a worker.\n"
            "# TYPE holdfast_runs_queued gauge\n"
            "holdfast_runs_queued 3\n");
}

TEST(MetricsTest, AServerThatHasSeenEverythingTellsEveryMetricOfTheCatalogue) {
  const auto memory = full_view();
  const auto governor = full_governor();
  const auto told = names_in(collect_metrics(full_input(memory, governor)));
  for (const auto& spec : kMetrics) EXPECT_TRUE(told.contains(spec.name)) << spec.name;
}

TEST(MetricsTest, LabelsAreFilledWhereTheCatalogueHasThemAndNowhereElse) {
  const auto memory = full_view();
  const auto governor = full_governor();
  for (const auto& sample : collect_metrics(full_input(memory, governor)).list()) {
    const auto& spec = kMetrics[sample.metric];
    for (std::size_t i = 0; i < spec.labels.size(); ++i) {
      EXPECT_EQ(sample.labels[i].empty(), spec.labels[i].name.empty()) << spec.name;
    }
  }
}

TEST(MetricsTest, TheServerWithoutTheGovernor) {
  const auto memory = full_view();
  const auto governor = full_governor();
  auto input = full_input(memory, governor);
  input.governor = nullptr;
  EXPECT_EQ(values_of(collect_metrics(input)), R"(
holdfast_build_info{version="1.2.3"} 1
holdfast_start_time_seconds 1700000000.25
holdfast_uptime_seconds 98.5
holdfast_draining 0
holdfast_http_connections 7
holdfast_http_requests_total 1234
holdfast_consoles 3
holdfast_console_updates_merged_total 4
holdfast_consoles_refused_total 5
holdfast_log_dropped_total 2
holdfast_runs_queued 4
holdfast_runs_running 2
holdfast_runs_ended_total{status="completed"} 30
holdfast_runs_ended_total{status="failed"} 3
holdfast_runs_ended_total{status="cancelled"} 2
holdfast_runs_ended_total{status="expired"} 1
holdfast_answers_undelivered 12
holdfast_answers_undelivered_oldest_seconds 90.5
holdfast_runs_queued_oldest_seconds 7
holdfast_workers{state="starting"} 0
holdfast_workers{state="idle"} 1
holdfast_workers{state="busy"} 1
holdfast_workers{state="stopping"} 0
holdfast_workers{state="backing_off"} 0
holdfast_workers{state="parked"} 0
holdfast_workers_ready 2
holdfast_worker_crash_loop 1
holdfast_worker_starts_total{worker="1"} 1
holdfast_worker_starts_total{worker="2"} 6
holdfast_worker_resident_bytes{worker="2"} 50000000
holdfast_worker_file_bytes{worker="2"} 8000000
holdfast_worker_virtual_bytes{worker="2"} 90000000
holdfast_worker_swap_bytes{worker="2"} 4096
holdfast_worker_processes{worker="2"} 2
holdfast_worker_threads{worker="2"} 3
holdfast_pass_through_answers_total{status="1xx"} 0
holdfast_pass_through_answers_total{status="2xx"} 7
holdfast_pass_through_answers_total{status="3xx"} 0
holdfast_pass_through_answers_total{status="4xx"} 1
holdfast_pass_through_answers_total{status="5xx"} 0
holdfast_pass_through_failures_total{reason="no_worker"} 0
holdfast_pass_through_failures_total{reason="too_many"} 1
holdfast_pass_through_failures_total{reason="unreachable"} 0
holdfast_pass_through_failures_total{reason="no_answer"} 0
holdfast_pass_through_failures_total{reason="late_answer"} 0
holdfast_pass_through_failures_total{reason="bad_answer"} 0
holdfast_pass_through_failures_total{reason="cut_off"} 0
holdfast_pass_through_failures_total{reason="stalled"} 0
holdfast_pass_through_failures_total{reason="client_gone"} 0
holdfast_pass_through_failures_total{reason="client_late"} 0
holdfast_pass_through_failures_total{reason="bad_request"} 0
holdfast_pass_through_failures_total{reason="stopping"} 0
holdfast_pass_through_open{kind="request"} 7
holdfast_pass_through_open{kind="upgraded"} 2
holdfast_pass_through_bytes_total{direction="to_worker"} 1000
holdfast_pass_through_bytes_total{direction="to_client"} 2000
holdfast_pass_through_heads_total 8
holdfast_pass_through_head_seconds_total 0.25
holdfast_pass_through_connections_total{kind="new"} 4
holdfast_pass_through_connections_total{kind="reused"} 0
holdfast_pass_through_idle_connections 5
holdfast_pass_through_retries_total 0
holdfast_journal_writable 1
holdfast_journal_reachable 0
holdfast_journal_commits_total 50
holdfast_journal_writes_total 90
holdfast_journal_read_latency_seconds 0.0025
holdfast_journal_spill_active 1
holdfast_journal_spill_runs 3
holdfast_journal_spill_oldest_seconds 61.5
holdfast_journal_spill_fenced_runs 1
holdfast_journal_connections{state="idle"} 1
holdfast_journal_connections{state="in_use"} 3
holdfast_journal_connection_waiters 2
holdfast_journal_connections_created_total 10
holdfast_journal_connections_broken_total 5
holdfast_journal_connections_replaced_total 4
holdfast_journal_pool_resets_total 1
holdfast_memory_readable 1
holdfast_memory_used_bytes 420000000
holdfast_memory_limit_bytes 536870912
holdfast_memory_limit_source{source="setting"} 0
holdfast_memory_limit_source{source="cgroup"} 1
holdfast_memory_limit_source{source="machine"} 0
holdfast_memory_level{level="normal"} 0
holdfast_memory_level{level="warning"} 0
holdfast_memory_level{level="critical"} 1
holdfast_memory_level{level="emergency"} 0
holdfast_memory_tree_bytes 60000000
holdfast_memory_working_set_bytes 430000000
holdfast_memory_baseline_bytes 12000000
holdfast_memory_stall_ratio{kind="some"} 0.25
holdfast_memory_stall_ratio{kind="full"} 0.125
holdfast_memory_cgroup_oom_kills_total 3
holdfast_supervisor_resident_bytes 19000000
holdfast_supervisor_virtual_bytes 70000000
holdfast_supervisor_threads 4
holdfast_supervisor_band_bytes{band="live"} 3000000
holdfast_supervisor_band_bytes{band="allocator_held"} 2000000
holdfast_supervisor_band_bytes{band="runtime_held"} 0
holdfast_supervisor_band_bytes{band="outside"} 14000000
holdfast_cache_hits_total 1
holdfast_cache_misses_total 2
holdfast_cache_shared_total 10
holdfast_cache_puts_total 3
holdfast_cache_refused_total 4
holdfast_cache_evicted_total 5
holdfast_cache_given_back_bytes_total 6
holdfast_cache_bytes 7
holdfast_cache_budget_bytes 8
holdfast_cache_entries 9
)");
}

TEST(MetricsTest, TheGovernor) {
  MetricSamples samples;
  collect_governor(full_governor(), SteadyTime(std::chrono::seconds(100)), samples);
  EXPECT_EQ(values_of(samples), R"(
holdfast_admission_admitted_total 40
holdfast_admission_over_ceiling_total 2
holdfast_admission_alone_total 1
holdfast_admission_waits_total{reason="memory"} 5
holdfast_admission_waits_total{reason="concurrency"} 6
holdfast_admission_waits_total{reason="unmeasured"} 7
holdfast_admission_waits_total{reason="level"} 8
holdfast_admission_head_waits{reason="memory"} 0
holdfast_admission_head_waits{reason="concurrency"} 0
holdfast_admission_head_waits{reason="unmeasured"} 1
holdfast_admission_head_waits{reason="level"} 0
holdfast_admission_head_needed_bytes 300
holdfast_admission_head_free_bytes 200
holdfast_admission_running 3
holdfast_admission_reserved_bytes 900
holdfast_admission_unconsumed_bytes 450
holdfast_memory_level_changes_total{level="normal"} 1
holdfast_memory_level_changes_total{level="warning"} 2
holdfast_memory_level_changes_total{level="critical"} 3
holdfast_memory_level_changes_total{level="emergency"} 4
holdfast_preemptions_total{cause="emergency"} 11
holdfast_preemptions_total{cause="predicted"} 12
holdfast_preemptions_total{cause="exceeds_limit"} 13
holdfast_worker_recycles_total{reason="manual"} 21
holdfast_worker_recycles_total{reason="saturation"} 22
holdfast_worker_recycles_total{reason="time_to_limit"} 23
holdfast_worker_recycles_total{reason="room"} 24
holdfast_worker_recycles_total{reason="growth"} 25
holdfast_worker_recycles_total{reason="fragmentation"} 26
holdfast_worker_recycles_total{reason="relief"} 27
holdfast_worker_retirements_total 9
holdfast_recycling_useless 1
holdfast_worker_kernel_kills_total 2
holdfast_fragmentation_findings_total 5
holdfast_saturation_seconds 60
holdfast_restart_recommended 1
holdfast_worker_boot_bytes 33000000
holdfast_worker_floor_bytes{worker="2"} 48
holdfast_worker_fresh_floor_bytes{worker="2"} 33
holdfast_worker_runs_served{worker="2"} 35
holdfast_relief_steps_total{action="purge_arenas",end="relieved"} 1
holdfast_relief_steps_total{action="purge_arenas",end="nothing_to_do"} 2
holdfast_relief_steps_total{action="purge_arenas",end="failed"} 3
holdfast_relief_steps_total{action="purge_arenas",end="timed_out"} 4
holdfast_relief_steps_total{action="purge_arenas",end="skipped"} 5
holdfast_relief_returned_bytes_total{action="purge_arenas"} 1000000
holdfast_relief_pause_seconds_total{action="purge_arenas"} 0.0015
holdfast_relief_futile{action="purge_arenas"} 1
holdfast_route_runs_total{route="POST /analyze"} 70
holdfast_route_measured{route="POST /analyze"} 1
holdfast_route_predicted_peak_bytes{route="POST /analyze"} 200000000
holdfast_route_suspicious_runs_total{route="POST /analyze"} 4
holdfast_route_last_growth_bytes{route="POST /analyze"} -5
holdfast_route_growth_bytes{route="POST /analyze"} 7000
holdfast_route_verdict{route="POST /analyze",verdict="unknown"} 0
holdfast_route_verdict{route="POST /analyze",verdict="load"} 0
holdfast_route_verdict{route="POST /analyze",verdict="retention"} 0
holdfast_route_verdict{route="POST /analyze",verdict="leak"} 1
holdfast_route_slope_bytes{route="POST /analyze"} 100.5
holdfast_route_slope_bound_bytes{route="POST /analyze",bound="low"} 90
holdfast_route_slope_bound_bytes{route="POST /analyze",bound="high"} 110
holdfast_route_retained_bytes{route="POST /analyze"} 6000
holdfast_route_time_to_limit_seconds{route="POST /analyze"} 3600
)");
}

TEST(MetricsTest, WhatIsNotKnownIsAbsentAndNotZero) {
  auto memory = full_view();
  memory.last->usage = fail(ErrorCode::unavailable, "no reading");
  memory.last->stall = std::optional<memory::Stall>();
  memory.last->oom_kills = std::optional<std::uint64_t>();
  memory.last->working_set = fail(ErrorCode::unavailable, "no reading");
  memory.last->own = fail(ErrorCode::unavailable, "no reading");
  auto governor = full_governor();
  governor.boot.reset();
  governor.admission.head_waits.reset();
  governor.routes[0].time_to_limit.reset();
  governor.routes[0].trend = {};
  auto input = full_input(memory, governor);
  input.own_bands->live.reset();
  input.cache.off_because = "cache.mode is off";
  input.journal.store.connections = {};
  input.journal.store.read_latency = {};
  const auto text = values_of(collect_metrics(input));
  EXPECT_THAT(text, HasSubstr("\nholdfast_memory_readable 0\n"));
  EXPECT_THAT(text, HasSubstr("\nholdfast_memory_level{level=\"critical\"} 1\n")) << "the level holds";
  for (const auto* name :
       {"memory_used", "memory_limit", "memory_stall", "memory_cgroup", "memory_working", "supervisor_resident",
        "worker_boot", "cache", "admission_head_needed", "admission_head_free", "route_time_to_limit", "route_slope",
        "journal_connections", "journal_pool", "journal_read_latency", "supervisor_band_bytes{band=\"live\"}"}) {
    EXPECT_THAT(text, Not(HasSubstr(std::string("\nholdfast_") + name)));
  }
}

TEST(MetricsTest, BeforeTheFirstTickTheRestIsThere) {
  const auto names = names_in(collect_metrics(MetricsInput()));
  EXPECT_TRUE(names.contains("holdfast_runs_queued"));
  EXPECT_FALSE(names.contains("holdfast_memory_level")) << "nobody measures";
  const memory::MemoryView view;
  MetricsInput input;
  input.memory = &view;
  const auto text = values_of(collect_metrics(input));
  EXPECT_THAT(text, HasSubstr("\nholdfast_memory_level{level=\"normal\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("holdfast_memory_readable")));
}

TEST(MetricsTest, ARouteOfAnyBytesCannotBreakTheText) {
  MetricSamples samples;
  const auto put = [&](std::string_view route) { samples.add(metric("holdfast_route_runs_total"), 1, route); };
  put("a\"} 9\nholdfast_evil 1\n#\\");
  put("ž\xff\xc5");
  put(std::string_view("nul\0tab\t", 8));
  EXPECT_EQ(values_of(samples),
            "\n"
            "holdfast_route_runs_total{route=\"a\\\"} 9\\nholdfast_evil 1\\n#\\\\\"} 1\n"
            "holdfast_route_runs_total{route=\"ž\xEF\xBF\xBD\xEF\xBF\xBD\"} 1\n"
            "holdfast_route_runs_total{route=\"nul\xEF\xBF\xBDtab\xEF\xBF\xBD\"} 1\n");
}

TEST(MetricsTest, ASampleIsToldOnce) {
  MetricSamples samples;
  samples.add(metric("holdfast_route_runs_total"), 1, "\xff");
  samples.add(metric("holdfast_route_runs_total"), 2, "\xfe");
  EXPECT_EQ(values_of(samples), "\nholdfast_route_runs_total{route=\"\xEF\xBF\xBD\"} 1\n");
}

TEST(MetricsPageTest, IsWhatTheCatalogueSays) {
  const std::string path = HOLDFAST_SOURCE_DIR "/docs/reference/metrics.md";
  if (std::getenv("HOLDFAST_WRITE_REFERENCE") != nullptr) std::ofstream(path) << metrics_page();
  std::ifstream file(path);
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(page, metrics_page()) << "write it anew: script/write-reference";
}

}  // namespace
}  // namespace holdfast::gateway
