/// How long workers have been at a run, by what the journal says: its deadline then holds wherever the run goes. Pure.
///
/// The times are those of the store, so it does not matter which instance wrote an entry, nor what its clock says.
#pragma once

#include <chrono>

#include "journal/record.hpp"

namespace holdfast::runs {

/// The member of the evidence of an orphaned attempt that says until when its instance was alive.
inline constexpr const char* kAliveUntil = "alive_until";

/// Is given the entries of one run, in order.
class TimeSpent {
 public:
  void add(const journal::Entry& entry);

  /// Of the attempts that were lost. One whose instance was gone counts until the last sign of life: an entry of that
  /// attempt, or what the evidence says of the instance. The time in which nobody worked on it does not count.
  [[nodiscard]] std::chrono::milliseconds total() const noexcept { return total_; }

 private:
  std::chrono::milliseconds total_{0};
  UnixMillis started_at_ = 0;
  UnixMillis seen_at_ = 0;
};

}  // namespace holdfast::runs
