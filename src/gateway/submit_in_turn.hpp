/// Hands a new run to the coordinator when it is its owner's turn.
///
/// A start over the allowance is held back for a few seconds before it is refused. Who joins a run that is there
/// already neither waits nor is counted, nor is a start that came to nothing. Runs on: supervisor strand.
#pragma once

#include "gateway/allowance.hpp"
#include "gateway/call.hpp"

namespace holdfast::gateway {

/// The allowances of all users, and how many starts of each are on their way into the queue.
struct Turnstile {
  explicit Turnstile(AllowanceConfig config) : allowance(config) {}

  Allowance allowance;
  std::unordered_map<std::string, std::size_t> submitting;  ///< Only owners that have some.
};

/// A Problem: 429 when the allowance is used up (then nothing was started), else what submit() refuses with.
awaitable<std::expected<runs::Accepted, Problem>> submit_in_turn(Call call, runs::Submission submission);

}  // namespace holdfast::gateway
