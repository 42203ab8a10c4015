/// A run that is not terminal yet, as the coordinator holds it. Runs on: supervisor strand.
#pragma once

#include <list>
#include <memory>
#include <optional>

#include "base/event.hpp"
#include "governor/attempt_memory.hpp"
#include "governor/result_key.hpp"
#include "journal/record.hpp"

namespace holdfast::runs {

/// The latest step that the worker of an attempt has told of.
struct LiveStep {
  std::string name;
  std::string message;
  UnixMillis at = 0;
  int count = 0;  ///< Steps of this attempt so far.
};

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
  std::chrono::milliseconds spent{0};         ///< By workers on it, in all attempts once `spent_known`.
  bool spent_known = false;                   ///< What attempts before this process cost was read from the journal.
  int working_attempt = 0;                    ///< The attempt that a worker of ours has; 0 while none has one.
  Bytes cut_short_at;                         ///< The largest peak of attempts that did not come to their end.
  int given_up = 0;                           ///< Attempts that were ended to keep within the memory limit.
  std::optional<governor::MemoryReceipt> receipt;  ///< Of the latest attempt that is over.
  std::optional<governor::ResultKey> key;          ///< Of who may have its answer; absent: nobody.
  int plain_attempt = 0;    ///< Whose worker, one of ours, was sent nothing but the request; 0: none.
  std::string answered_by;  ///< The run whose answer it is given.
  LiveStep step;
  int worker = -1;  ///< The place of the worker that has the attempt; -1 while none has.
  /// Of the attempt under way, while somebody measures it. Null otherwise.
  std::shared_ptr<const governor::AttemptMemory> memory;
  bool stopping = false;  ///< A stop was given; also seen where nothing could be cancelled.

  /// For a task that stop() is to end. One each: a signal that is bound again forgets the task it was bound to, and
  /// a start on its way to the journal may meet our own claim of the run. Kept while the run is live, because a signal
  /// must outlive its task; there are a few per attempt.
  asio::cancellation_signal& add_task() { return stop_tasks_.emplace_back(); }

  void stop() {
    stopping = true;
    for (auto& task : stop_tasks_) task.emit(asio::cancellation_type::terminal);
  }

 private:
  std::list<asio::cancellation_signal> stop_tasks_;
};

}  // namespace holdfast::runs
