#include "base/event.hpp"

namespace holdfast {

awaitable<Wake> Event::wait_until(SteadyTime deadline) {
  const bool stopped = co_await cancel_requested();
  if (stopped) co_return Wake::cancelled;
  const auto waiter = waiters_.emplace(waiters_.end(), asio::steady_timer(executor_, deadline));
  auto [ec] = co_await waiter->timer.async_wait(kAwait);
  const bool notified = waiter->notified;
  waiters_.erase(waiter);
  if (notified) co_return Wake::notified;
  co_return ec ? Wake::cancelled : Wake::deadline;
}

void Event::notify_all() noexcept {
  for (auto& waiter : waiters_) {
    waiter.notified = true;
    waiter.timer.cancel();
  }
}

}  // namespace holdfast
