/// What the governor has decided and done since the process started, for those who report it: /health/memory, /metrics,
/// `holdfast top`. Plain values; written by the governor, read on the same strand.
///
/// Counters never fall. Units: Bytes; bytes per run; times on the steady clock.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "governor/admission.hpp"
#include "governor/preemption.hpp"
#include "governor/recycle_history.hpp"
#include "governor/recycling.hpp"
#include "governor/relief_report.hpp"
#include "memory/trend.hpp"

namespace holdfast::governor {

struct AdmissionStatus {
  std::uint64_t admitted = 0;
  std::uint64_t over_ceiling = 0;        ///< Of those: did not fit, and went because nothing else was running.
  std::uint64_t alone = 0;               ///< Of those: of a route that nobody had measured.
  std::array<std::uint64_t, 4> waits{};  ///< Heads of the queue that had to wait, by WaitReason.
  std::optional<Waiting> head_waits;     ///< What the head of the queue waits for now.
  std::size_t running = 0;
  Bytes reserved;    ///< By those running, together.
  Bytes unconsumed;  ///< Of that, what they have not taken yet.
};

/// One rung of the ladder.
struct ReliefStatus {
  std::string action;
  std::array<std::uint64_t, 5> ends{};  ///< By StepEnd.
  std::uint64_t returned_bytes = 0;
  std::chrono::microseconds pause{0};
  bool futile = false;  ///< It rests.
};

struct RouteStatus {
  std::string route;
  std::uint64_t runs = 0;  ///< That came to their end.
  Bytes predicted;         ///< Peak of the next one.
  bool measured = false;
  std::uint64_t suspicious = 0;   ///< Runs that left more than kSuspiciousGrowth.
  std::int64_t last_growth = 0;   ///< Of the latest run.
  std::int64_t total_growth = 0;  ///< Of all of them; with `runs` the mean.
  memory::Trend trend;
  std::optional<std::chrono::seconds> time_to_limit;
};

/// A worker process as the governor measures it.
struct WorkerGrowth {
  int index = 0;
  int pid = 0;
  Bytes floor;  ///< When it was last idle.
  Bytes fresh_floor;
  std::uint64_t runs = 0;
};

struct GovernorStatus {
  AdmissionStatus admission;
  std::array<std::uint64_t, 4> level_changes{};  ///< By the level entered.
  std::array<std::uint64_t, 3> preempted{};      ///< By PreemptionCause.
  std::array<std::uint64_t, 7> recycled{};       ///< By RecycleReason, retired ones not among them.
  std::uint64_t retired = 0;
  std::optional<UselessStop> useless_stop;  ///< In force.
  std::uint64_t kernel_kills = 0;           ///< Workers that the kernel ended for memory.
  std::uint64_t fragmentation_findings = 0;
  std::optional<SteadyTime> saturated_since;
  bool restart_recommended = false;
  std::optional<Bytes> boot;  ///< What a fresh worker holds. None: not measured yet.
  std::vector<ReliefStatus> relief;
  std::vector<RouteStatus> routes;
  std::vector<WorkerGrowth> workers;
};

}  // namespace holdfast::governor
