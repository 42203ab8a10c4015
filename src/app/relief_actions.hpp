/// The rungs of the relief ladder, as `holdfast serve` has them.
///
/// Ownership: the actions borrow everything they are given, which outlives them. Run on: supervisor strand.
#pragma once

#include <memory>
#include <vector>

#include "gateway/gateway.hpp"
#include "governor/governor.hpp"
#include "governor/relief.hpp"
#include "governor/result_cache.hpp"

namespace holdfast::app {

struct ReliefMeans {
  governor::ResultCache& cache;
  gateway::Gateway& gateway;
  journal::Journal& journal;
  workers::Pool& pool;
  governor::Governor& governor;
  std::function<std::optional<Bytes>(int pid)> read_worker;
  /// Upon which an idle worker without an agent gives memory back to the system. 0: it knows none.
  int trim_signal = 0;
};

/// In the order of the ladder, cheapest first.
[[nodiscard]] std::vector<std::unique_ptr<governor::ReliefAction>> make_relief_actions(ReliefMeans means);

}  // namespace holdfast::app
