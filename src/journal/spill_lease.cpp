#include "journal/spill_lease.hpp"

namespace holdfast::journal {

bool SpillLease::leaves_gap(const std::string& instance, SteadyTime answered_at) const {
  return !renewal_ || renewal_->instance != instance || answered_at >= until_;
}

void SpillLease::renewed(Renewal renewal, int others, SteadyTime asked_at) {
  until_ = asked_at + renewal.ttl;
  others_ = others;
  renewal_ = std::move(renewal);
}

bool SpillLease::allows(const SpilledRun& run, SteadyTime now) const {
  if (others_ == 0) return true;
  if (run.in_doubt) return false;
  // Nobody else knows of it.
  if (run.accepted_here) return true;
  // A queued run in the database is anybody's: no lease covers it.
  if (run.base_status != RunStatus::running) return false;
  return renewal_ && renewal_->instance == run.base_owner && now < until_;
}

}  // namespace holdfast::journal
