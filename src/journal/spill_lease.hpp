/// Which words about a run this instance may still make final while the database is away. Pure, given the time.
///
/// Other instances that reach the database claim what is queued there and take over what an instance without a lease
/// runs. An answer that is written locally after that would be a second one. So a run that the database has, or may
/// have, is started and ended locally only while this instance's lease has covered it without a gap, or when no other
/// instance was alive at the last renewal.
#pragma once

#include <string>

#include "journal/spill_rows.hpp"

namespace holdfast::journal {

class SpillLease {
 public:
  struct Renewal {
    std::string instance;
    std::chrono::milliseconds ttl{0};
  };

  /// Whether a renewal that was answered at `answered_at` leaves a gap in which others may have taken runs over.
  /// If so, every local run is in doubt from now on.
  [[nodiscard]] bool leaves_gap(const std::string& instance, SteadyTime answered_at) const;

  /// `asked_at`: before the database was asked, so that the lease ends here no later than there.
  void renewed(Renewal renewal, int others, SteadyTime asked_at);

  /// The instance gave its lease up.
  void ended() { renewal_.reset(); }

  /// What an earlier process of this instance knew.
  void remember_others(int others) noexcept { others_ = others; }

  [[nodiscard]] int others() const noexcept { return others_; }

  /// The latest one of this process.
  [[nodiscard]] const std::optional<Renewal>& renewal() const noexcept { return renewal_; }

  /// Whether an attempt may be started, and a terminal entry written, locally.
  [[nodiscard]] bool allows(const SpilledRun& run, SteadyTime now) const;

 private:
  std::optional<Renewal> renewal_;
  SteadyTime until_{};
  int others_ = 0;
};

}  // namespace holdfast::journal
