/// Whether a run whose attempt was lost is tried again. Pure.
#pragma once

#include <string>

#include "base/backoff.hpp"

namespace holdfast::runs {

struct RetryPolicy {
  /// Attempts in which the worker died or broke the protocol. A run that does this to every worker is sealed.
  int max_crashes = 3;
  /// Attempts altogether, whatever ended them. Restarts of Holdfast itself count here and not as crashes,
  /// because nobody knows whose fault they were; a run that brings down the whole container still ends.
  int max_attempts = 10;
  BackoffConfig backoff{std::chrono::milliseconds(500), std::chrono::milliseconds(15'000)};
};

/// Why an attempt ended without a terminal entry.
enum class LossCause : unsigned char {
  worker_died,            ///< The worker's process ended.
  worker_broke_protocol,  ///< What the worker sent is not what docs/worker-protocol.md allows.
  worker_broke_off,       ///< The connection ended before the answer was complete.
  worker_asked,           ///< The worker reported a retryable error.
  given_up,               ///< We ended it to keep within the memory limit; not its fault.
  outgrew_limit,          ///< We ended it because it needs more than the whole limit allows one run.
  orphaned,               ///< Running in the journal, but nobody works on it: its supervisor died.
};

[[nodiscard]] std::string_view to_string(LossCause cause) noexcept;

enum class LossVerdict : unsigned char { retry, seal };

/// `attempt` and `crashes` include the attempt just lost.
[[nodiscard]] LossVerdict judge_loss(const RetryPolicy& policy, int attempt, int crashes) noexcept;

}  // namespace holdfast::runs
