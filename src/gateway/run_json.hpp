/// The run object and what is built from it (docs/openapi.yaml, schema Run). Pure.
///
/// Times are milliseconds since the Unix epoch. `result`, `error` and `usage` are spliced in as stored.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "journal/record.hpp"
#include "runs/coordinator.hpp"

namespace holdfast::gateway {

/// How an answer reached the client.
enum class Via : unsigned char { direct, stream, poll, journal, replayed };

[[nodiscard]] std::string_view to_string(Via via) noexcept;

/// `place` is sent while the run is queued; `via` once it is terminal.
[[nodiscard]] std::string run_json(const journal::Run& run, const std::optional<runs::QueuePlace>& place, Via via);

[[nodiscard]] std::string place_json(const runs::QueuePlace& place);

/// A strong entity tag: changes whenever the run or its place in the queue does.
[[nodiscard]] std::string run_etag(const journal::Run& run, const std::optional<runs::QueuePlace>& place);

/// The sequence number an entity tag of ours was made from; absent when it is not one.
[[nodiscard]] std::optional<std::int64_t> seq_of_etag(std::string_view etag);

/// One row of the timeline: seq, at, attempt, kind and the members of the entry's body.
[[nodiscard]] std::string entry_json(const journal::Entry& entry);

/// "2026-01-31T12:00:00.000Z"
[[nodiscard]] std::string iso_time(UnixMillis at);

}  // namespace holdfast::gateway
