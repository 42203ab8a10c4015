/// Something has happened: wakes every coroutine that waits for it.
///
/// Ownership: lives on one strand; waiters must end before it is destroyed. Runs on: that strand.
#pragma once

#include <list>

#include "base/async.hpp"

namespace holdfast {

enum class Wake : unsigned char { notified, deadline, cancelled };

class Event {
 public:
  explicit Event(asio::any_io_executor executor) : executor_(std::move(executor)) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  /// Waits for the next notify_all(), at most until `deadline`.
  awaitable<Wake> wait_until(SteadyTime deadline);

  void notify_all() noexcept;

 private:
  struct Waiter {
    asio::steady_timer timer;
    bool notified = false;
  };

  asio::any_io_executor executor_;
  std::list<Waiter> waiters_;
};

}  // namespace holdfast
