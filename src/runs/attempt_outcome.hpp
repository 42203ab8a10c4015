/// What the end of an attempt means for its run: the entry to write. Pure.
#pragma once

#include <optional>
#include <string>

#include "journal/store.hpp"
#include "runs/retry_policy.hpp"
#include "workers/pool.hpp"

namespace holdfast::runs {

/// Whether an attempt that a worker may have begun is repeated when it is lost.
[[nodiscard]] bool may_be_repeated(const journal::Run& run);

/// The entry for how an attempt of `run` (running) ended. Absent when there is nothing to write: the attempt was
/// fenced off, or cut off by the stop of this process, whose next start takes the run up.
[[nodiscard]] std::optional<journal::Append> settle(const journal::Run& run,
                                                    const Result<workers::DispatchOutcome>& outcome,
                                                    const RetryPolicy& policy);

/// The entry for a run that is running in the journal, but that nobody works on. `alive_until`: when its instance last
/// gave a sign of life, if that is known (runs/time_spent.hpp).
[[nodiscard]] journal::Append settle_orphan(const journal::Run& run, const RetryPolicy& policy, std::string reason,
                                            std::optional<UnixMillis> alive_until = std::nullopt);

/// Why no worker has seen a run whose start is durable, when its writer did not learn of that.
inline constexpr std::string_view kUnconfirmedStart = "the journal did not confirm the start in time";

/// The entry for a run whose start is durable although no worker has seen it. `reason`: why.
[[nodiscard]] journal::Append settle_unsent(const journal::Run& run, const RetryPolicy& policy, std::string reason);

/// The entry that ends a running run whose request cannot be had any more.
[[nodiscard]] journal::Append settle_unreadable(const journal::Run& run, std::string_view why);

/// The entry that ends `run`, queued or running, on purpose. `kind` is cancelled or expired.
[[nodiscard]] journal::Append settle_early(const journal::Run& run, journal::EntryKind kind,
                                           std::string_view explanation);

}  // namespace holdfast::runs
