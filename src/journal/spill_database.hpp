/// The database behind a SpillStore: perhaps not open yet, perhaps away, tried again at intervals.
///
/// Ownership: owns the database's Store. Runs on: the thread of the Store, may block; current() and on_change() on any.
/// Invariant: once opened, the Store stays the same until the end.
#pragma once

#include <atomic>

#include "base/mutex.hpp"
#include "journal/store.hpp"

namespace holdfast::journal {

using OpenDatabase = std::function<Result<std::unique_ptr<Store>>()>;

class SpillDatabase {
 public:
  SpillDatabase(OpenDatabase open, std::chrono::milliseconds retry_interval, const Clock& clock);

  /// Opens it for the first time, or does nothing.
  Result<void> open();

  /// Null until it was opened.
  [[nodiscard]] Store* current() const noexcept { return current_; }

  void on_change(std::function<void(Change)> sink);

  /// What another store would be told of by others; for what this process itself finds out.
  void announce(Change change);

  [[nodiscard]] bool away() const noexcept { return away_; }
  [[nodiscard]] const std::string& error() const noexcept { return error_; }
  [[nodiscard]] SteadyTime next_try() const noexcept { return next_try_; }

  /// It did not take a write that it was given at `asked_at`.
  void lose(const Error& error, SteadyTime asked_at);

  /// It took a write.
  void prove() noexcept { failed_returns_ = 0; }

  /// Tries it again. Afterwards it is not away, or next_try() is later.
  void try_again();

  /// A read is tried while the database is away too: one that takes no writes may answer reads. After the first that
  /// fails nobody waits for another until the next try.
  template <class Read>
  auto read(Read read) -> std::invoke_result_t<Read&, Store&> {
    if (current() == nullptr || reads_fail_) return is_away();
    const auto asked_at = clock_.steady();
    auto answer = read(*current());
    if (away_ && !answer && answer.error().code() == ErrorCode::unavailable) {
      reads_fail_ = true;
      put_off(asked_at);
    }
    return answer;
  }

  template <class Change>
  auto write(Change change) -> std::invoke_result_t<Change&, Store&> {
    if (away_) return is_away();
    return change(*current());
  }

  [[nodiscard]] std::unexpected<Error> is_away() const;

 private:
  /// After a failure: no try before the fourfold of the time that failures have taken since the last one has passed.
  void put_off(SteadyTime asked_at);

  const OpenDatabase open_;
  const std::chrono::milliseconds retry_interval_;
  const Clock& clock_;

  std::unique_ptr<Store> store_;
  std::atomic<Store*> current_{nullptr};
  bool away_ = true;
  bool reads_fail_ = false;
  std::string error_ = "it was not reached yet";
  SteadyTime next_try_;
  SteadyTime::duration waited_{0};    ///< For failures since the last try.
  std::uint32_t failed_returns_ = 0;  ///< It answered a probe and then took no write, so often in a row.

  Mutex mutex_;
  std::function<void(Change)> sink_ HOLDFAST_GUARDED_BY(mutex_);
};

}  // namespace holdfast::journal
