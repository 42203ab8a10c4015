/// The thread behind a Journal: a bounded queue of operations, one commit for all writes that wait; and a bounded queue
/// of incidents, written when those who wait were answered.
///
/// Ownership: part of a Journal. The Store is touched by this thread alone.
/// Invariant: no operation is resumed before the transaction of its batch is durable or has failed.
#pragma once

#include <atomic>

#include "base/mutex.hpp"
#include "journal/journal.hpp"
#include "journal/operation.hpp"

namespace holdfast::journal {

class Journal::Thread {
 public:
  Thread(asio::any_io_executor executor, std::unique_ptr<Store> store, JournalConfig config);

  /// Finishes what was submitted.
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  /// Takes one of the places in the queue, or says that none is free. Any thread.
  [[nodiscard]] bool reserve() noexcept;

  /// Queues `operation`, for which a place was reserved, and ends when it is answered. Resumes on the executor.
  awaitable<void> answered(Operation& operation);

  /// Any thread.
  void note(std::string_view kind, std::string body);

  [[nodiscard]] JournalHealth health() const;
  [[nodiscard]] const Store& store() const noexcept { return *store_; }
  void on_change(std::function<void(Change)> sink);

 private:
  enum class Wake : unsigned char { work, probe, settle, stop };

  void submit(Operation& operation);
  void loop();
  Wake wait(OperationList& batch);
  void run(OperationList batch);
  void commit_writes(OperationList& batch);
  void write_incidents();
  void probe();
  void note_outcome(const Error* failure, std::uint64_t commits, std::uint64_t writes);

  const asio::any_io_executor executor_;
  const std::unique_ptr<Store> store_;
  const JournalConfig config_;

  std::atomic<std::size_t> places_taken_{0};
  bool told_incidents_wait_ = false;  ///< Journal thread only.
  std::vector<Write> writes_;         ///< Of the batch under way; kept for its capacity. Journal thread only.

  mutable Mutex mutex_;
  Condition wake_;
  OperationList waiting_ HOLDFAST_GUARDED_BY(mutex_);
  std::vector<Incident> noted_ HOLDFAST_GUARDED_BY(mutex_);  ///< Not durable yet.
  bool incidents_due_ HOLDFAST_GUARDED_BY(mutex_) = false;   ///< They were not tried yet, or long enough ago.
  JournalHealth health_ HOLDFAST_GUARDED_BY(mutex_);
  bool stopping_ HOLDFAST_GUARDED_BY(mutex_) = false;

  std::thread thread_;  ///< Last: it starts when everything above is there.
};

}  // namespace holdfast::journal
