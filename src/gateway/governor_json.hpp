/// What the governor and the result cache know, for GET /health/memory. Pure.
#pragma once

#include <string>

#include "governor/governor_status.hpp"
#include "runs/answer_cache.hpp"

namespace holdfast::gateway {

/// What running runs were promised, and what the head of the queue waits for.
[[nodiscard]] std::string admission_json(const governor::AdmissionStatus& admission);

/// What the next run of each route is expected to need, and whether the route leaks.
[[nodiscard]] std::string routes_json(const governor::GovernorStatus& status);

[[nodiscard]] std::string cache_json(const runs::AnswerCacheStatus& cache);

}  // namespace holdfast::gateway
