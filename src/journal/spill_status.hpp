/// What a SpillStore tells of itself: its health, and the log lines of an outage from beginning to end.
///
/// Runs on: the thread of the Store; fill() on any.
#pragma once

#include "base/mutex.hpp"
#include "journal/spill_rows.hpp"

namespace holdfast::journal {

/// What became of local runs.
struct ReplayCounts {
  std::int64_t imported = 0;
  std::int64_t already_there = 0;
  std::int64_t fenced = 0;
};

class SpillStatus {
 public:
  explicit SpillStatus(const Clock& clock) : clock_(clock) {}

  void start_with(const SpillTotals& totals);

  /// The database is away. Logged at the first time.
  void begin(const std::string& why);

  /// The database is back; local runs may be left.
  void note_return();

  /// All that could be moved was moved. Logged if there was a beginning.
  void end(const ReplayCounts& counts);

  void note_added(std::int64_t runs);
  void note_replayed(const ReplayCounts& counts, std::optional<UnixMillis> oldest_at);

  [[nodiscard]] std::int64_t depth() const;
  void fill(StoreHealth& health) const;

 private:
  const Clock& clock_;
  std::optional<SteadyTime> began_at_;

  mutable Mutex mutex_;
  bool active_ HOLDFAST_GUARDED_BY(mutex_) = false;
  std::string error_ HOLDFAST_GUARDED_BY(mutex_);
  SpillTotals totals_ HOLDFAST_GUARDED_BY(mutex_);
};

}  // namespace holdfast::journal
