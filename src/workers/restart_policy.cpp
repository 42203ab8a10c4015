#include "workers/restart_policy.hpp"

#include <utility>

namespace holdfast::workers {

bool CrashLoop::start_failed() noexcept {
  ++failures_;
  return failures_ == threshold_;
}

bool CrashLoop::start_proved() noexcept {
  const bool was_active = active();
  failures_ = 0;
  return was_active;
}

void RestartPolicy::proved() noexcept {
  failures_ = 0;
  proved_ = true;
}

std::chrono::milliseconds RestartPolicy::delay_after(LifeEnd end, bool crash_loop, double uniform) noexcept {
  const bool proved = std::exchange(proved_, false);
  const bool asked = end == LifeEnd::cut_off || end == LifeEnd::recycled;
  if (!asked) ++failures_;
  if (crash_loop)
    return config_.cap / 2 +
           std::chrono::milliseconds(static_cast<std::int64_t>(uniform * static_cast<double>(config_.cap.count()) / 2));
  if (asked || proved) return std::chrono::milliseconds(0);
  return backoff_delay(config_, failures_, uniform);
}

}  // namespace holdfast::workers
