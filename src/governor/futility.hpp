/// Remembers that a relief action is useless here, so that it is not paid for again and again. Pure but for what it
/// holds.
#pragma once

#include <chrono>
#include <optional>

#include "base/bytes.hpp"
#include "base/clock.hpp"

namespace holdfast::governor {

struct FutilityConfig {
  /// Less than this is nothing: the noise between two readings of a busy process tree.
  Bytes worth{1024 * 1024};
  int tries = 3;
  /// After it one more try decides: what was useless may pay once the program has done something else.
  std::chrono::milliseconds rest{5 * 60 * 1000};
};

class Futility {
 public:
  [[nodiscard]] bool rests(SteadyTime now) const noexcept { return until_ && now < *until_; }

  /// An action that acted, or failed to, and what it gave. One that found nothing to do is not told: it cost nothing.
  void record(const FutilityConfig& config, Bytes returned, SteadyTime now) noexcept {
    if (returned >= config.worth) {
      in_vain_ = 0;
      until_.reset();
    } else if (++in_vain_ >= config.tries) {
      until_ = now + config.rest;
    }
  }

 private:
  int in_vain_ = 0;  ///< In a row.
  std::optional<SteadyTime> until_;
};

}  // namespace holdfast::governor
