/// The body that a worker receives: the client's request, and the key `holdfast` where there is something to add
/// (docs/worker-protocol.md). Pure.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "journal/record.hpp"

namespace holdfast::runs {

/// How many earlier runs of the thread the worker is told about.
inline constexpr int kHistoryRuns = 3;

/// Whether a run that follows `thread_runs` in its thread, none of which is itself, has a history to be told.
[[nodiscard]] bool has_history(std::span<const journal::Run> thread_runs);

/// `thread_runs`: runs of the same thread, oldest first; those that did not complete, and the run itself, are left
/// out. Returns the request as it is when there is nothing to add; otherwise `holdfast` is
/// the last member, and every byte before it is the request's.
[[nodiscard]] std::string worker_body(const journal::Run& run, const std::optional<journal::Checkpoint>& checkpoint,
                                      std::span<const journal::Run> thread_runs);

}  // namespace holdfast::runs
