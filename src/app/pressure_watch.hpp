/// Watches the memory of the whole process tree against its limit, says when it gets close, and in an emergency gives
/// back what the supervisor itself can.
///
/// Ownership: its task goes on as long as the event loop runs, and so must what it borrows.
/// Runs on: supervisor strand. Reading takes some 10 microseconds a process.
#pragma once

#include <functional>

#include "base/async.hpp"
#include "memory/pressure.hpp"

namespace holdfast::app {

class PressureWatch {
 public:
  /// `read` takes one reading; a failed one changes nothing. `limit` is not zero.
  PressureWatch(const Clock& clock, Bytes limit, std::function<Result<Bytes>()> read,
                std::function<void()> drop_caches);

  [[nodiscard]] const memory::PressureGauge& gauge() const noexcept { return gauge_; }

  /// Reads now and then from here on.
  void start(const asio::any_io_executor& executor);

  /// One reading and what follows from it.
  void look(SteadyTime now);

 private:
  awaitable<void> run();
  void relieve();

  const Clock& clock_;
  memory::PressureGauge gauge_;
  std::function<Result<Bytes>()> read_;
  std::function<void()> drop_caches_;
  SteadyTime next_relief_{};
};

/// Reads this process and everything it started.
[[nodiscard]] Result<Bytes> read_own_tree();

}  // namespace holdfast::app
