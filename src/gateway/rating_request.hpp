/// What a user says of an answer, or of a run that should stop: bodies checked for shape. Pure.
#pragma once

#include <expected>
#include <string>

#include "base/run_id.hpp"
#include "gateway/message.hpp"
#include "gateway/problem.hpp"
#include "journal/store.hpp"

namespace holdfast::gateway {

/// Longest comment in code points.
inline constexpr std::size_t kLongestComment = 1'000;

struct RatingRequest {
  RunId id;
  journal::RatingChange change;
};

struct StopRequest {
  std::string thread_id;
  RunId id;
};

/// POST /feedback. A Problem: 422 names every wrong field, 400 when it says nothing at all.
[[nodiscard]] std::expected<RatingRequest, Problem> parse_feedback(const Request& request);

/// POST /sentiment. A Problem (422) names every wrong field.
[[nodiscard]] std::expected<RatingRequest, Problem> parse_sentiment(const Request& request);

/// POST /stop-execution. A Problem (422) names every wrong field.
[[nodiscard]] std::expected<StopRequest, Problem> parse_stop(const Request& request);

}  // namespace holdfast::gateway
