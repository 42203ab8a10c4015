/// The HTTP request that gives an attempt to a worker (docs/worker-protocol.md, "Request"). Pure.
#pragma once

#include <chrono>
#include <string>

#include "workers/attempt.hpp"

namespace holdfast::workers {

inline constexpr std::string_view kEventStreamType = "application/vnd.holdfast.events+ndjson";

/// The head of the request, with the blank line at its end; the body follows as it is. `remaining` is the
/// time this attempt may still take. A header value with control characters is left out: it would end the header early.
[[nodiscard]] std::string request_head(const Attempt& attempt, std::chrono::milliseconds remaining);

}  // namespace holdfast::workers
