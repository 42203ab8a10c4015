/// Whether replacing workers has paid. A new worker as fat as the old one, several times in a row, means that the
/// memory is not the worker's to give back: going on would cost starts for nothing. Pure but for what it holds.
///
/// Ownership: one per worker command, on the supervisor strand.
#pragma once

#include <chrono>
#include <optional>

#include "base/backoff.hpp"
#include "base/bytes.hpp"
#include "base/clock.hpp"

namespace holdfast::governor {

struct UselessConfig {
  /// A replacement pays if the new worker holds less than this share of what the old one held.
  double pays_below = 0.90;
  int tries = 3;
  /// The stop doubles each time it was in vain to lift it.
  BackoffConfig rest{std::chrono::milliseconds(10 * 60'000), std::chrono::milliseconds(2 * 60 * 60'000)};
};

/// Told to the operator: recycling does not help, and by which numbers.
struct UselessStop {
  int recycles = 0;  ///< In a row.
  Bytes old_floor;   ///< Of the last one.
  Bytes new_floor;
  SteadyTime until;
};

class RecycleHistory {
 public:
  explicit RecycleHistory(UselessConfig config = {}) : config_(config) {}

  /// A worker was replaced: what the old one held when idle, and what the new one holds when it is ready. Returns the
  /// stop that this begins, to be logged once.
  std::optional<UselessStop> replaced(Bytes old_floor, Bytes new_floor, SteadyTime now);

  /// The stop in force at `now`.
  [[nodiscard]] std::optional<UselessStop> stop(SteadyTime now) const noexcept;

 private:
  UselessConfig config_;
  int useless_ = 0;  ///< In a row.
  std::uint32_t stops_ = 0;
  std::optional<UselessStop> stop_;
};

}  // namespace holdfast::governor
