/// Errors as clients see them: RFC 9457 problem documents. Pure.
///
/// `detail` is always a string, which clients of the original backend read too. Programs act on `type` and
/// `code`, not on the text.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "gateway/message.hpp"

namespace holdfast::gateway {

/// One thing wrong with a request body, in the form clients of the original backend know.
struct FieldError {
  std::vector<std::string> loc;  ///< {"body", "prompt"}
  std::string msg;
  std::string type;  ///< "missing", "string_type", "string_too_short", …
};

struct Problem {
  int status = 500;
  std::string slug;   ///< The last part of `type`: /problems/SLUG.
  std::string title;  ///< The same for every problem of the type.
  std::string detail;
  std::string run_id;                                    ///< Left out when empty.
  std::string code;                                      ///< An ErrorCode word; left out when empty.
  std::optional<bool> retryable;                         ///< Whether the same request may succeed later.
  std::optional<std::chrono::milliseconds> retry_after;  ///< Also sent as Retry-After, in whole seconds.
  std::vector<FieldError> errors;
  std::string more;  ///< A JSON object whose members are added; none when empty.
};

[[nodiscard]] Problem make_problem(int status, std::string slug, std::string title, std::string detail);

/// The document as text.
[[nodiscard]] std::string problem_json(const Problem& problem, std::string_view instance);

[[nodiscard]] Response to_response(const Problem& problem, std::string_view instance);

[[nodiscard]] Problem bad_request(std::string detail);
[[nodiscard]] Problem not_found(std::string detail);

/// The server drains: the same request succeeds after the restart.
[[nodiscard]] Problem stopping_problem(std::string detail);

[[nodiscard]] Problem invalid_shape(std::vector<FieldError> errors);

/// What a failed call into `runs` means to a client.
[[nodiscard]] Problem problem_of(const Error& error);

}  // namespace holdfast::gateway
