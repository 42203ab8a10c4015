/// What waits in the journal: answers to be acknowledged, runs to be started. Pure; any thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"

namespace holdfast::journal {

/// Of all owners and instances.
struct Backlog {
  std::int64_t undelivered = 0;                                 ///< Runs in any inbox; counted up to kMostCounted.
  std::optional<std::chrono::milliseconds> oldest_undelivered;  ///< Since the oldest of them ended.
  std::optional<std::chrono::milliseconds> oldest_queued;       ///< Since the oldest queued run was accepted.
};

/// Bounds the cost of a backlog: counting so many index entries takes about a millisecond.
inline constexpr std::int64_t kMostCounted = 10'000;

/// From the times of the oldest ones. A clock that was set back makes nothing older than now.
[[nodiscard]] inline Backlog make_backlog(std::int64_t undelivered, std::optional<UnixMillis> ended_at,
                                          std::optional<UnixMillis> accepted_at, UnixMillis now) {
  const auto age = [now](std::optional<UnixMillis> at) -> std::optional<std::chrono::milliseconds> {
    if (!at) return std::nullopt;
    return std::chrono::milliseconds(std::max<UnixMillis>(0, now - *at));
  };
  return {undelivered, age(ended_at), age(accepted_at)};
}

}  // namespace holdfast::journal
