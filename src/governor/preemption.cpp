#include "governor/preemption.hpp"

#include <tuple>

#include "governor/saturating.hpp"

namespace holdfast::governor {
namespace {

bool goes_before(const PreemptionRun& a, const PreemptionRun& b) noexcept {
  return std::tuple(a.retriable, a.worker_held, a.started_at, a.worker) >
         std::tuple(b.retriable, b.worker_held, b.started_at, b.worker);
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
  const bool passes_limit = plus(input.used, input.speculative) >= input.limit;
  const bool is_time = passes_limit || input.level == memory::Level::emergency;
  if (!is_time || input.running.empty() || input.one_is_dying) return std::nullopt;
  const auto& run = first_to_go(input.running);
  const bool is_only_one = input.running.size() == 1;
  if (!passes_limit && (is_only_one || !run.retriable)) return std::nullopt;
  const bool outgrew_limit = plus(plus(input.least_used, run.grown), input.speculative) >= input.limit;
  auto cause = PreemptionCause::predicted;
  if (is_only_one && outgrew_limit) {
    cause = PreemptionCause::exceeds_limit;
  } else if (input.level == memory::Level::emergency) {
    cause = PreemptionCause::emergency;
  }
  return Preemption{run.run,         run.worker, cause,       run.retriable,    run.grown,
                    run.worker_held, input.used, input.limit, input.speculative};
}

}  // namespace holdfast::governor
