#include "base/backoff.hpp"

#include <algorithm>
#include <random>

namespace holdfast {

std::chrono::milliseconds backoff_bound(const BackoffConfig& config, std::uint32_t failures) noexcept {
  // 2^20 milliseconds is 17 minutes: past every cap in use, and the shift cannot overflow.
  const auto doublings = std::min<std::uint32_t>(failures > 0 ? failures - 1 : 0, 20);
  return std::min(config.cap, config.base * (std::int64_t{1} << doublings));
}

std::chrono::milliseconds backoff_delay(const BackoffConfig& config, std::uint32_t failures, double uniform) noexcept {
  const auto bound = static_cast<double>(backoff_bound(config, failures).count());
  return std::chrono::milliseconds(static_cast<std::int64_t>(bound * uniform));
}

double random_uniform() {
  thread_local std::mt19937_64 generator(std::random_device{}());
  return std::uniform_real_distribution<double>(0.0, 1.0)(generator);
}

}  // namespace holdfast
