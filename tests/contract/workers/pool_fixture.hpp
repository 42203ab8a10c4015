/// A real pool with real scripted workers in a directory of its own.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/event.hpp"
#include "workers/pool.hpp"

namespace holdfast::workers {

/// Longer than anything takes on a busy machine under a sanitizer; a test that waits this long has failed.
inline constexpr std::chrono::seconds kPatience{30};

struct Served {
  Result<DispatchOutcome> outcome = fail(ErrorCode::internal, "the dispatch has not ended");
  std::vector<WorkerEvent> events;
  bool ended = false;
};

class PoolFixture : public testing::Test {
 protected:
  PoolFixture();
  ~PoolFixture() override;

  /// A scripted worker with these flags; short times and quick restarts.
  PoolConfig scripted(const std::string& flags) const;

  /// The same, bad only in the first process.
  PoolConfig scripted_once(const std::string& flags) const;

  Pool& start(PoolConfig config);

  /// Turns the event loop until `condition` holds. False when it does not in kPatience.
  bool until(const std::function<bool()>& condition);

  /// Turns the event loop for a while in which nothing is expected.
  void pass(std::chrono::milliseconds time) { io_.run_for(time), io_.restart(); }

  Slot acquire();
  Attempt attempt(const std::string& prompt, std::chrono::milliseconds allowed = kPatience) const;

  /// Dispatches to the next idle worker and waits for the end.
  Served serve(Attempt attempt);
  Served serve(const std::string& prompt) { return serve(attempt(prompt)); }

  /// Begins a dispatch; turn the loop until `ended`. `stop` cancels it.
  std::shared_ptr<Served> begin(Attempt attempt, asio::cancellation_signal& stop);

  void stop();

  /// The last word of every test: a run is served.
  void expect_that_work_goes_on();

  std::list<asio::cancellation_signal> never_stopped_;  ///< A task may use its signal after its last line.
  asio::io_context io_;
  std::string dir_;
  std::unique_ptr<Pool> pool_;
  int idle_calls_ = 0;
};

[[nodiscard]] bool answered(const Served& served);
[[nodiscard]] std::string answer_of(const Served& served);
[[nodiscard]] const Lost* lost(const Served& served);
[[nodiscard]] const Refused* refused(const Served& served);

/// Open descriptors of this process.
[[nodiscard]] int open_descriptors();

/// Whether this process has any child, also a dead one that was not reaped.
[[nodiscard]] bool has_children();

/// Running processes whose command line contains `text`.
[[nodiscard]] int processes_with(const std::string& text);

}  // namespace holdfast::workers
