#include "workers/restart_policy.hpp"

#include <gtest/gtest.h>

namespace holdfast::workers {
namespace {

using namespace std::chrono_literals;

constexpr double kAlmostOne = 0.999999;

TEST(CrashLoopTest, BeginsOnceAtTheThreshold) {
  CrashLoop loop(3);
  EXPECT_FALSE(loop.start_failed());
  EXPECT_FALSE(loop.start_failed());
  EXPECT_FALSE(loop.active());
  EXPECT_TRUE(loop.start_failed());
  EXPECT_TRUE(loop.active());
  EXPECT_FALSE(loop.start_failed());
  EXPECT_TRUE(loop.active());
}

TEST(CrashLoopTest, AProvedStartEndsItAndIsToldOnce) {
  CrashLoop loop(2);
  loop.start_failed();
  loop.start_failed();
  EXPECT_TRUE(loop.start_proved());
  EXPECT_FALSE(loop.active());
  EXPECT_FALSE(loop.start_proved());
}

TEST(CrashLoopTest, OnlyFailuresInARowCount) {
  CrashLoop loop(2);
  loop.start_failed();
  loop.start_proved();
  EXPECT_FALSE(loop.start_failed());
  EXPECT_FALSE(loop.active());
}

class RestartPolicyTest : public testing::Test {
 protected:
  RestartPolicy policy_{BackoffConfig{100ms, 1000ms}};
};

TEST_F(RestartPolicyTest, FailedStartsWaitLongerEachTimeUpToTheCap) {
  EXPECT_EQ(policy_.delay_after(LifeEnd::failed_start, false, kAlmostOne), 99ms);
  EXPECT_EQ(policy_.delay_after(LifeEnd::failed_start, false, kAlmostOne), 199ms);
  EXPECT_EQ(policy_.delay_after(LifeEnd::failed_start, false, kAlmostOne), 399ms);
  for (int i = 0; i < 20; ++i) policy_.delay_after(LifeEnd::failed_start, false, kAlmostOne);
  EXPECT_EQ(policy_.delay_after(LifeEnd::failed_start, false, kAlmostOne), 999ms);
}

TEST_F(RestartPolicyTest, AWorkerThatHadProvedItselfIsBackAtOnce) {
  policy_.proved();
  EXPECT_EQ(policy_.delay_after(LifeEnd::lost_run, false, kAlmostOne), 0ms);
}

TEST_F(RestartPolicyTest, TheSecondDeathInARowWaits) {
  policy_.proved();
  policy_.delay_after(LifeEnd::lost_run, false, kAlmostOne);
  EXPECT_EQ(policy_.delay_after(LifeEnd::lost_run, false, kAlmostOne), 199ms);
}

TEST_F(RestartPolicyTest, ACancelledRunIsNoFailureOfTheWorker) {
  EXPECT_EQ(policy_.delay_after(LifeEnd::cut_off, false, kAlmostOne), 0ms);
  EXPECT_EQ(policy_.delay_after(LifeEnd::cut_off, false, kAlmostOne), 0ms);
  EXPECT_EQ(policy_.delay_after(LifeEnd::failed_start, false, kAlmostOne), 99ms);
}

TEST_F(RestartPolicyTest, ACrashLoopNeverSpins) {
  for (const double uniform : {0.0, 0.5, kAlmostOne}) {
    for (const auto end : {LifeEnd::failed_start, LifeEnd::lost_run, LifeEnd::cut_off, LifeEnd::worn_out}) {
      policy_.proved();
      const auto delay = policy_.delay_after(end, true, uniform);
      EXPECT_GE(delay, 500ms);
      EXPECT_LE(delay, 1000ms);
    }
  }
}

}  // namespace
}  // namespace holdfast::workers
