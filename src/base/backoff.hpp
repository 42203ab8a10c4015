/// How long to wait before trying again: exponential, capped, full jitter.
///
/// Full jitter (a uniform choice between zero and the cap of the step) spreads many callers better
/// than a fixed share of jitter does: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
/// Pure, given a random number.
#pragma once

#include <chrono>
#include <cstdint>

namespace holdfast {

struct BackoffConfig {
  std::chrono::milliseconds base{200};
  std::chrono::milliseconds cap{30'000};
};

/// The upper bound of the wait after `failures` failures in a row (at least 1): base * 2^(failures-1), at most cap.
[[nodiscard]] std::chrono::milliseconds backoff_bound(const BackoffConfig& config, std::uint32_t failures) noexcept;

/// The wait itself; `uniform` is a random number in [0, 1).
[[nodiscard]] std::chrono::milliseconds backoff_delay(const BackoffConfig& config, std::uint32_t failures,
                                                      double uniform) noexcept;

/// A random number in [0, 1) from a generator of this thread. Not for secrets.
[[nodiscard]] double random_uniform();

}  // namespace holdfast
