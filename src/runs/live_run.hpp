/// A run that is not terminal yet, as the coordinator holds it. Runs on: supervisor strand.
#pragma once

#include <memory>

#include "base/event.hpp"
#include "journal/record.hpp"

namespace holdfast::runs {

struct LiveRun {
  LiveRun(asio::any_io_executor executor, journal::Run state, SteadyTime since)
      : run(std::make_shared<const journal::Run>(std::move(state))),
        changed(std::move(executor)),
        waiting_since(since) {}

  /// The durable state: replaced only after the commit. Never null. Writes carry it to the store.
  std::shared_ptr<const journal::Run> run;
  Event changed;  ///< Notified after each update of `run`.
  SteadyTime waiting_since;
  std::chrono::milliseconds journal_time{0};  ///< Spent waiting for the journal, for the receipt.
  // One signal per task: a slot that is bound again forgets the task it was bound to.
  asio::cancellation_signal stop_attempt;
  asio::cancellation_signal stop_waiting;  ///< The pause before the next attempt.
  std::chrono::milliseconds spent{0};      ///< By workers on it, in all attempts once `spent_known`.
  bool spent_known = false;                ///< What attempts before this process cost was read from the journal.
  int working_attempt = 0;                 ///< The attempt that a worker of ours has; 0 while none has one.
  bool stopping = false;                   ///< A stop was given; also seen where nothing could be cancelled.

  void stop() {
    stopping = true;
    stop_attempt.emit(asio::cancellation_type::terminal);
    stop_waiting.emit(asio::cancellation_type::terminal);
  }
};

}  // namespace holdfast::runs
