#include "runs/retry_policy.hpp"

#include <utility>

namespace holdfast::runs {

std::string_view to_string(LossCause cause) noexcept {
  switch (cause) {
    case LossCause::worker_died: return "worker_died";
    case LossCause::worker_broke_protocol: return "worker_broke_protocol";
    case LossCause::worker_broke_off: return "worker_broke_off";
    case LossCause::worker_asked: return "worker_asked";
    case LossCause::given_up: return "given_up";
    case LossCause::outgrew_limit: return "outgrew_limit";
    case LossCause::orphaned: return "orphaned";
  }
  std::unreachable();
}

LossVerdict judge_loss(const RetryPolicy& policy, int attempt, int crashes) noexcept {
  return crashes >= policy.max_crashes || attempt >= policy.max_attempts ? LossVerdict::seal : LossVerdict::retry;
}

}  // namespace holdfast::runs
