#include "governor/recycle_history.hpp"

#include "governor/saturating.hpp"

namespace holdfast::governor {

std::optional<UselessStop> RecycleHistory::replaced(Bytes old_floor, Bytes new_floor, SteadyTime now) {
  if (new_floor < times(old_floor, config_.pays_below)) {
    useless_ = 0;
    stops_ = 0;
    stop_.reset();
    return std::nullopt;
  }
  if (++useless_ < config_.tries) return std::nullopt;
  // Those on their way when the stop began do not lengthen it.
  if (stop(now)) return std::nullopt;
  ++stops_;
  stop_ = UselessStop{useless_, old_floor, new_floor, now + backoff_bound(config_.rest, stops_)};
  return stop_;
}

std::optional<UselessStop> RecycleHistory::stop(SteadyTime now) const noexcept {
  return stop_ && now < stop_->until ? stop_ : std::nullopt;
}

}  // namespace holdfast::governor
