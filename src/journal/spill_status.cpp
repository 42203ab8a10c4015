#include "journal/spill_status.hpp"

#include "base/log.hpp"

namespace holdfast::journal {

void SpillStatus::start_with(const SpillTotals& totals) {
  MutexLock lock(mutex_);
  totals_ = totals;
}

void SpillStatus::begin(const std::string& why) {
  std::int64_t depth = 0;
  {
    MutexLock lock(mutex_);
    active_ = true;
    error_ = why;
    depth = totals_.depth;
  }
  if (began_at_) return;
  began_at_ = clock_.steady();
  log::error("journal.spill_began", {{"error", why}, {"local_runs", depth}});
}

void SpillStatus::note_return() {
  MutexLock lock(mutex_);
  active_ = false;
  error_.clear();
}

void SpillStatus::end(const ReplayCounts& counts) {
  if (!began_at_) return;
  const auto lasted = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - *began_at_);
  began_at_.reset();
  log::info("journal.spill_ended", {{"duration_ms", lasted.count()},
                                    {"imported", counts.imported},
                                    {"already_there", counts.already_there},
                                    {"fenced", counts.fenced},
                                    {"left", depth()}});
}

void SpillStatus::note_added(std::int64_t runs) {
  if (runs == 0) return;
  MutexLock lock(mutex_);
  if (totals_.depth == 0) totals_.oldest_at = clock_.wall();
  totals_.depth += runs;
}

void SpillStatus::note_replayed(const ReplayCounts& counts, std::optional<UnixMillis> oldest_at) {
  MutexLock lock(mutex_);
  totals_.depth -= counts.imported + counts.already_there + counts.fenced;
  totals_.fenced += counts.fenced;
  totals_.oldest_at = oldest_at;
}

std::int64_t SpillStatus::depth() const {
  MutexLock lock(mutex_);
  return totals_.depth;
}

void SpillStatus::fill(StoreHealth& health) const {
  MutexLock lock(mutex_);
  if (active_) {
    health.reachable = false;
    health.error = error_;
  }
  health.spill.active = active_;
  health.spill.depth = totals_.depth;
  health.spill.fenced = totals_.fenced;
  // The wall clock may have been set back since.
  const auto age = totals_.oldest_at ? std::max<UnixMillis>(0, clock_.wall() - *totals_.oldest_at) : 0;
  health.spill.oldest = std::chrono::milliseconds(age);
}

}  // namespace holdfast::journal
