// When an answer may be made final without the database.
#include "journal/spill_lease.hpp"

#include <gtest/gtest.h>

namespace holdfast::journal {
namespace {

using std::chrono::seconds;

constexpr SteadyTime kStart{std::chrono::hours(1)};

SpilledRun running_here() {
  return {.accepted_here = false, .base_seq = 2, .base_status = RunStatus::running, .base_owner = "here"};
}

TEST(SpillLeaseTest, WithoutOthersEverythingIsAllowed) {
  SpillLease lease;
  SpilledRun in_doubt = running_here();
  in_doubt.in_doubt = true;
  EXPECT_TRUE(lease.allows(running_here(), kStart));
  EXPECT_TRUE(lease.allows(in_doubt, kStart));
}

TEST(SpillLeaseTest, ARunOfTheDatabaseIsOursUntilTheLeaseLapses) {
  SpillLease lease;
  lease.renewed({"here", seconds(10)}, 2, kStart);
  EXPECT_TRUE(lease.allows(running_here(), kStart + seconds(9)));
  EXPECT_FALSE(lease.allows(running_here(), kStart + seconds(10)));
}

TEST(SpillLeaseTest, NoLeaseCoversAQueuedRunOrThatOfAnotherInstance) {
  SpillLease lease;
  lease.renewed({"here", seconds(10)}, 1, kStart);
  auto queued = running_here();
  queued.base_status = RunStatus::queued;
  auto of_another = running_here();
  of_another.base_owner = "here, before it was restarted";
  EXPECT_FALSE(lease.allows(queued, kStart));
  EXPECT_FALSE(lease.allows(of_another, kStart));
}

TEST(SpillLeaseTest, ARunAcceptedHereNeedsNoLeaseUnlessTheDatabaseMayHaveIt) {
  SpillLease lease;
  lease.renewed({"here", seconds(10)}, 1, kStart);
  SpilledRun accepted;
  EXPECT_TRUE(lease.allows(accepted, kStart + seconds(60)));
  accepted.in_doubt = true;
  EXPECT_FALSE(lease.allows(accepted, kStart));
}

TEST(SpillLeaseTest, ARestartedProcessTrustsWhatItsFileSaysOfOthers) {
  SpillLease lease;
  lease.remember_others(1);
  EXPECT_FALSE(lease.allows(running_here(), kStart));
  EXPECT_TRUE(lease.allows(SpilledRun(), kStart));
}

TEST(SpillLeaseTest, ARenewalThatCameTooLateLeavesAGap) {
  SpillLease lease;
  EXPECT_TRUE(lease.leaves_gap("here", kStart));
  lease.renewed({"here", seconds(10)}, 1, kStart);
  EXPECT_FALSE(lease.leaves_gap("here", kStart + seconds(9)));
  EXPECT_TRUE(lease.leaves_gap("here", kStart + seconds(10)));
  EXPECT_TRUE(lease.leaves_gap("elsewhere", kStart));
  lease.ended();
  EXPECT_TRUE(lease.leaves_gap("here", kStart));
}

}  // namespace
}  // namespace holdfast::journal
