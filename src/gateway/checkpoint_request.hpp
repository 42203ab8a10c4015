/// Thread checkpoints as clients write and ask for them: paths, queries and bodies checked for shape. Pure.
#pragma once

#include <expected>

#include "gateway/call.hpp"
#include "journal/thread_checkpoint.hpp"

namespace holdfast::gateway {

/// Longest checkpoint or task id, and longest namespace, in bytes.
inline constexpr std::size_t kLongestCheckpointId = 200;
inline constexpr std::size_t kLongestNamespace = 1'000;
/// Writes in one request.
inline constexpr std::size_t kMostWrites = 1'000;
inline constexpr std::size_t kMostParts = 1'000;

/// Which checkpoint the path and `namespace` of the query name. A Problem: 400 for a wrong path, 422 for a wrong query.
[[nodiscard]] std::expected<journal::CheckpointPlace, Problem> checkpoint_place(const Call& call);

/// PUT of a checkpoint: `{"state": …, "parent_id": "…", "metadata": {…}, "parts": [{"name": "…", "version": "…",
/// "value": …}]}`. A Problem (422) names every wrong field.
[[nodiscard]] std::expected<journal::ThreadCheckpoint, Problem> parse_checkpoint(const Call& call);

/// PUT of writes: `{"writes": [{"index": 0, "value": …}]}`. A Problem as parse_checkpoint().
[[nodiscard]] std::expected<std::vector<journal::ThreadWrite>, Problem> parse_writes(const Call& call);

/// The filter in the query of a list; of one thread when the path names it.
[[nodiscard]] std::expected<journal::ThreadCheckpointFilter, Problem> parse_checkpoint_filter(const Call& call);

/// The `next_cursor` behind `last`.
[[nodiscard]] std::string cursor_behind(const journal::CheckpointPlace& last);

}  // namespace holdfast::gateway
