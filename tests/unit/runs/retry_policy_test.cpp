#include "runs/retry_policy.hpp"

#include <gtest/gtest.h>

namespace holdfast::runs {
namespace {

TEST(RetryPolicyTest, ARunThatKilledItsWorkerThreeTimesIsSealed) {
  const RetryPolicy policy;
  EXPECT_EQ(judge_loss(policy, 1, 1), LossVerdict::retry);
  EXPECT_EQ(judge_loss(policy, 2, 2), LossVerdict::retry);
  EXPECT_EQ(judge_loss(policy, 3, 3), LossVerdict::seal);
}

TEST(RetryPolicyTest, RestartsOfTheSupervisorAreNotCrashesOfTheRun) {
  const RetryPolicy policy;
  EXPECT_EQ(judge_loss(policy, 5, 0), LossVerdict::retry);
}

TEST(RetryPolicyTest, NoRunIsTriedForEver) {
  const RetryPolicy policy;
  EXPECT_EQ(judge_loss(policy, policy.max_attempts, 0), LossVerdict::seal);
}

}  // namespace
}  // namespace holdfast::runs
