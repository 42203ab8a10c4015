#include "governor/preemption.hpp"

#include <algorithm>
#include <tuple>

#include "governor/saturating.hpp"

namespace holdfast::governor {
namespace {

/// How often a run is given up for others before it is their turn.
constexpr int kSparedAfter = 2;
/// What is not given up now can be at the next tick. That one may be late, growth comes in bursts, and a process takes
/// a while to die: with 1.5 a spike of 120 MB/s on a busy machine was faster.
constexpr double kTicksToEffect = 3;

bool goes_before(const PreemptionRun& a, const PreemptionRun& b) noexcept {
  const auto rank = [](const PreemptionRun& run) {
    return std::tuple(run.retriable, run.given_up_before < kSparedAfter, run.worker_held, run.started_at, run.worker);
  };
  return rank(a) > rank(b);
}

const PreemptionRun& first_to_go(std::span<const PreemptionRun> running) noexcept {
  const auto* first = &running.front();
  for (const auto& run : running) {
    if (goes_before(run, *first)) first = &run;
  }
  return *first;
}

}  // namespace

std::string_view to_string(PreemptionCause cause) noexcept {
  switch (cause) {
    case PreemptionCause::emergency: return "emergency";
    case PreemptionCause::predicted: return "predicted";
    case PreemptionCause::exceeds_limit: return "exceeds_limit";
  }
  return "unknown";
}

std::optional<Preemption> choose_victim(const PreemptionInput& input) {
  if (input.running.empty() || input.one_is_dying) return std::nullopt;
  // The limit is passed whatever is given up: attempts would be lost for nothing.
  if (input.least_used >= input.limit) return std::nullopt;
  const auto end = times(input.limit, input.near_end);
  const bool is_near_end = input.used >= end;
  const bool is_only_one = input.running.size() == 1;
  // Of a spike no more than what decides is held against the only run: it may be over.
  const auto spike = std::min(times(input.growth, kTicksToEffect), minus(input.limit, end));
  const auto expected = is_only_one ? spike : input.speculative;
  const bool passes_limit = plus(input.used, expected) >= input.limit;
  const auto& run = first_to_go(input.running);
  const bool goes_for_itself = is_near_end && passes_limit;
  const bool goes_for_others = passes_limit || (is_near_end && run.retriable);
  if (is_only_one ? !goes_for_itself : !goes_for_others) return std::nullopt;

  const bool outgrew_limit = plus(plus(input.least_used, run.grown), expected) >= input.limit;
  auto cause = is_near_end ? PreemptionCause::emergency : PreemptionCause::predicted;
  if (is_only_one && outgrew_limit) cause = PreemptionCause::exceeds_limit;
  return Preemption{run.run,         run.worker, cause,       run.retriable, run.grown,
                    run.worker_held, input.used, input.limit, expected};
}

}  // namespace holdfast::governor
