/// A server that has seen everything once, for the tests of its metrics.
#pragma once

#include "gateway/collect_metrics.hpp"

namespace holdfast::gateway {

inline memory::Snapshot full_snapshot() {
  memory::WorkerMemory worker{.pid = 102,
                              .resident = Bytes(50'000'000),
                              .file = Bytes(8'000'000),
                              .vm_size = Bytes(90'000'000),
                              .swap = Bytes(4096),
                              .processes = 2,
                              .threads = 3};
  memory::ProcessStatus own{.parent = 1,
                            .anonymous = Bytes(10'000'000),
                            .file = Bytes(9'000'000),
                            .shared = Bytes(0),
                            .vm_size = Bytes(70'000'000),
                            .swap = Bytes(0),
                            .threads = 4};
  return {.at = SteadyTime(std::chrono::seconds(99)),
          .usage = memory::Usage{Bytes(420'000'000), Bytes(536'870'912), memory::LimitSource::cgroup, "/sys/fs/cgroup"},
          .tree = Bytes(60'000'000),
          .own = own,
          .workers = {fail(ErrorCode::not_found, "it has ended"), worker},
          .working_set = std::optional(Bytes(430'000'000)),
          .stall = std::optional(memory::Stall{0.25, 0.125}),
          .oom_kills = std::optional<std::uint64_t>(3)};
}

inline memory::MemoryView full_view() {
  memory::MemoryView view;
  view.last = full_snapshot();
  view.usage = *view.last->usage;
  view.level = memory::Level::critical;
  view.baseline = Bytes(12'000'000);
  return view;
}

inline governor::GovernorStatus full_governor() {
  governor::GovernorStatus status;
  status.admission = {.admitted = 40,
                      .over_ceiling = 2,
                      .alone = 1,
                      .waits = {5, 6, 7, 8},
                      .head_waits = governor::Waiting{governor::WaitReason::unmeasured, Bytes(300), Bytes(200)},
                      .running = 3,
                      .reserved = Bytes(900),
                      .unconsumed = Bytes(450)};
  status.level_changes = {1, 2, 3, 4};
  status.preempted = {11, 12, 13};
  status.recycled = {21, 22, 23, 24, 25, 26, 27};
  status.retired = 9;
  status.useless_stop = governor::UselessStop{3, Bytes(100), Bytes(99), SteadyTime(std::chrono::seconds(700))};
  status.kernel_kills = 2;
  status.fragmentation_findings = 5;
  status.saturated_since = SteadyTime(std::chrono::seconds(40));
  status.restart_recommended = true;
  status.boot = Bytes(33'000'000);
  status.relief.push_back({"purge_arenas", {1, 2, 3, 4, 5}, 1'000'000, std::chrono::microseconds(1500), true});
  governor::RouteStatus route;
  route.route = "POST /analyze";
  route.runs = 70;
  route.predicted = Bytes(200'000'000);
  route.measured = true;
  route.suspicious = 4;
  route.last_growth = -5;
  route.total_growth = 7000;
  route.trend = {.verdict = memory::GrowthVerdict::leak, .slope = 100.5, .low = 90, .high = 110, .retained = 6'000};
  route.time_to_limit = std::chrono::seconds(3600);
  status.routes.push_back(route);
  status.workers.push_back({.index = 2, .pid = 102, .floor = Bytes(48), .fresh_floor = Bytes(33), .runs = 35});
  return status;
}

/// What `memory` and `governor` point to outlives it.
inline MetricsInput full_input(const memory::MemoryView& memory, const governor::GovernorStatus& governor) {
  MetricsInput input;
  input.now = SteadyTime(std::chrono::seconds(100));
  input.started = SteadyTime(std::chrono::milliseconds(1500));
  input.started_wall = 1'700'000'000'250;
  input.version = "1.2.3";
  input.connections = 7;
  input.requests = 1234;
  input.log_dropped = 2;
  input.runs = {.queued = 4, .running = 2, .completed = 30, .failed = 3, .cancelled = 2, .expired = 1};
  workers::WorkerStatus idle{.index = 1, .pid = 101, .state = "idle", .run_id = {}, .starts = 1};
  workers::WorkerStatus busy{.index = 2, .pid = 102, .state = "busy", .run_id = "a run", .starts = 6};
  input.pool.workers = {idle, busy};
  input.pool.ready = 2;
  input.pool.crash_loop = true;
  input.pool.kept = 5;
  input.passing = {
      .on = true, .open = 9, .upgraded = 2, .to_worker = 1000, .to_client = 2000, .heads = 8, .connected = 4};
  input.operations = {.consoles = 3,
                      .merged = 4,
                      .refused = 5,
                      .backlog = journal::Backlog{12, std::chrono::milliseconds(90'500), std::chrono::seconds(7)}};
  input.passing.answered = {0, 7, 0, 1, 0};
  input.passing.failed.at(static_cast<std::size_t>(PassFailure::too_many)) = 1;
  input.passing.head_time = std::chrono::milliseconds(250);
  input.journal.writable = true;
  input.journal.commits = 50;
  input.journal.writes = 90;
  input.journal.store.reachable = false;
  input.journal.store.read_latency = std::chrono::microseconds(2500);
  input.journal.store.spill = {.active = true, .depth = 3, .oldest = std::chrono::milliseconds(61'500), .fenced = 1};
  input.journal.store.connections = {4, 1, 3, 2, 10, 5, 1, 4};
  input.memory = &memory;
  input.own_bands = memory::Bands{.resident = Bytes(19'000'000),
                                  .live = Bytes(3'000'000),
                                  .allocator_held = Bytes(2'000'000),
                                  .runtime_held = Bytes(0),
                                  .outside = Bytes(14'000'000)};
  input.governor = &governor;
  input.cache = {.off_because = "",
                 .counts = {1, 2, 3, 4, 5, 6},
                 .shared = 10,
                 .entries = 9,
                 .bytes = Bytes(7),
                 .budget = Bytes(8)};
  return input;
}

}  // namespace holdfast::gateway
