/// A clock that stands still until a test moves it. Any thread.
#pragma once

#include <atomic>

#include "base/clock.hpp"

namespace holdfast::testing {

class ManualClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime steady() const noexcept override { return SteadyTime(elapsed_.load()); }
  [[nodiscard]] UnixMillis wall() const noexcept override {
    return kStart + std::chrono::duration_cast<std::chrono::milliseconds>(elapsed_.load()).count();
  }

  void advance(std::chrono::milliseconds by) { elapsed_ = elapsed_.load() + by; }

  /// The wall clock at the beginning: 2026-01-01T00:00:00Z.
  static constexpr UnixMillis kStart = 1'767'225'600'000;

 private:
  std::atomic<SteadyTime::duration> elapsed_{std::chrono::hours(1)};
};

}  // namespace holdfast::testing
