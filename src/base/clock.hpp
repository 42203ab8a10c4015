/// The only place that asks what time it is, so that every decision can be tested at any time.
///
/// Cores take `now` as an argument; shells hold a `const Clock&`. Any thread.
#pragma once

#include <chrono>
#include <cstdint>

namespace holdfast {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Milliseconds since the Unix epoch: the form in which times are stored and sent.
using UnixMillis = std::int64_t;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual SteadyTime steady() const noexcept = 0;
  [[nodiscard]] virtual UnixMillis wall() const noexcept = 0;
};

[[nodiscard]] const Clock& system_clock() noexcept;

}  // namespace holdfast
