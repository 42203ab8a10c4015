#include "governor/admission.hpp"

#include <algorithm>

#include "governor/saturating.hpp"

namespace holdfast::governor {
namespace {

using memory::Level;

// With nothing running. Starting at an emergency, or where idle workers could be made smaller first, risks the kernel's
// kill for no more than a few seconds won: relief and recycling get their chance, but not for ever.
std::optional<WaitReason> waits_for_relief(const AdmissionConfig& config, const AdmissionRequest& request, bool fits) {
  if (fits) return std::nullopt;
  const bool relief_may_help = request.level == Level::emergency || request.reclaimable > Bytes();
  const bool patient = !request.idle_since || request.now - *request.idle_since < config.patience;
  if (!relief_may_help || !patient) return std::nullopt;
  return request.level == Level::emergency ? WaitReason::level : WaitReason::memory;
}

std::optional<WaitReason> waits_for_others(const AdmissionConfig& config, const AdmissionRequest& request, bool fits) {
  const bool one_is_alone = std::ranges::any_of(request.running, &Reservation::alone);
  const bool known = request.predicted.measurements >= config.known_after;
  if (one_is_alone || (!known && request.predicted.measurements <= request.running.size())) {
    return WaitReason::unmeasured;
  }
  if (request.running.size() >= config.max_concurrent) return WaitReason::concurrency;
  // Critical: one at a time. Emergency: none but the one that would otherwise never go.
  if (request.level >= Level::critical) return WaitReason::level;
  if (!fits) return WaitReason::memory;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(WaitReason reason) noexcept {
  switch (reason) {
    case WaitReason::memory: return "memory";
    case WaitReason::concurrency: return "concurrency";
    case WaitReason::unmeasured: return "unmeasured";
    case WaitReason::level: return "level";
  }
  return "unknown";
}

AdmissionVerdict judge_admission(const AdmissionConfig& config, const AdmissionRequest& request) {
  const auto needed = request.predicted.peak;
  const auto taken = plus(plus(request.used, unconsumed(request.running)), request.speculative);
  const auto ceiling = times(request.limit, config.ceiling);
  const auto free = minus(ceiling, taken);
  const bool fits = plus(taken, needed) <= ceiling;
  const auto reason =
      request.running.empty() ? waits_for_relief(config, request, fits) : waits_for_others(config, request, fits);
  if (reason) return Waiting{*reason, needed, free};
  return Admitted{needed, !request.predicted.measured(), !fits};
}

void IdleWait::update(std::size_t running, std::size_t waiting, SteadyTime now) noexcept {
  if (running > 0 || waiting == 0) {
    since_.reset();
  } else if (!since_) {
    since_ = now;
  }
}

}  // namespace holdfast::governor
