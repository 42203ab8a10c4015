/// The answer that is left when the answer cannot be built: it says that the run has ended and how to get to what is
/// stored. It is written into a buffer reserved at start and sent without an allocation. Runs on: supervisor strand.
///
/// Invariant: a fallback never counts as delivery; the run stays in the inbox until it is acknowledged.
#pragma once

#include <array>

#include "base/fixed_text.hpp"
#include "gateway/call.hpp"
#include "gateway/try_build.hpp"

namespace holdfast::gateway {

/// Room for the longest fallback: a thread id of 100 characters is at most 2,400 bytes as JSON. Filled and sent within
/// one call, never across an await, so that all requests can use it.
struct FallbackReserve {
  std::array<char, 8192> room{};
};

/// In which form the client waits for its answer.
enum class AnswerForm : unsigned char {
  run,               ///< The run object.
  analyze,           ///< The body of POST /analyze.
  native_event,      ///< Event `done` of a stream.
  compatible_event,  ///< `final`, or `error`.
};

/// Ends the exchange with the fallback for `run`. `status`: of the response, when it has not begun.
void send_fallback(const Call& call, const journal::Run& run, AnswerForm form, BuildFailure failure,
                   int status = 200) noexcept;

/// Ends the exchange with a 503: what was asked for, such as a list, cannot be built now.
void send_cannot_build(const Call& call, BuildFailure failure) noexcept;

/// The text of a fallback. `instance`: for a problem document. Pure.
void write_fallback(FixedText& out, const journal::Run& run, AnswerForm form, BuildFailure failure, int status,
                    std::string_view instance) noexcept;

}  // namespace holdfast::gateway
