/// From what the program knows of itself to metrics. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "gateway/metric_samples.hpp"
#include "gateway/operations/operations_status.hpp"
#include "gateway/proxy/proxy_status.hpp"
#include "governor/governor_status.hpp"
#include "journal/journal.hpp"
#include "memory/bands.hpp"
#include "memory/memory_view.hpp"
#include "runs/coordinator.hpp"
#include "workers/pool.hpp"

namespace holdfast::gateway {

/// What is null or absent is not known: its metrics are absent too.
struct MetricsInput {
  SteadyTime now;
  SteadyTime started;
  UnixMillis started_wall = 0;
  std::string_view version;
  bool draining = false;
  std::size_t connections = 0;
  std::uint64_t requests = 0;
  std::uint64_t log_dropped = 0;
  runs::CoordinatorStatus runs;
  workers::PoolStatus pool;
  ProxyStatus passing;
  OperationsStatus operations;
  journal::JournalHealth journal;
  const memory::MemoryView* memory = nullptr;
  std::optional<memory::Bands> own_bands;
  const governor::GovernorStatus* governor = nullptr;
  runs::AnswerCacheStatus cache;
};

[[nodiscard]] MetricSamples collect_metrics(const MetricsInput& input);

/// The part of the governor. `now`: as the times of the status.
void collect_governor(const governor::GovernorStatus& status, SteadyTime now, MetricSamples& out);

}  // namespace holdfast::gateway
