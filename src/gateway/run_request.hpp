/// What a client asks for when it starts a run, checked for shape. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/run_id.hpp"
#include "gateway/message.hpp"
#include "gateway/problem.hpp"

namespace holdfast::gateway {

/// Longest prompt in code points, and longest thread id in code points.
inline constexpr std::size_t kLongestPrompt = 10'000;
inline constexpr std::size_t kLongestThreadId = 100;

/// The member that Holdfast adds to what a worker receives (docs/worker-protocol.md).
inline constexpr std::string_view kReservedKey = "holdfast";

struct RunRequest {
  std::string prompt;  ///< Trimmed.
  std::string thread_id;
  std::optional<RunId> run_id;
  bool stream = false;
  /// What the worker is sent: the client's object as it came, with the trimmed prompt and the thread id,
  /// without run_id and stream.
  std::string worker_request;
};

/// Reads the body of POST /analyze, or of POST /v1/threads/{thread_id}/runs when `path_thread_id` is set.
/// A Problem: 415 for a compressed body; 422 names every field that is wrong, not only the first.
[[nodiscard]] std::variant<RunRequest, Problem> parse_run_request(const Request& request,
                                                                  const std::optional<std::string>& path_thread_id);

/// The first thing wrong with a thread id, if any: {"string_too_short", "…"}.
[[nodiscard]] std::optional<FieldError> check_thread_id(std::string_view thread_id);

}  // namespace holdfast::gateway
