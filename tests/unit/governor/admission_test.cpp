#include "governor/admission.hpp"

#include <gtest/gtest.h>

namespace holdfast::governor {
namespace {

using namespace std::chrono_literals;
using memory::Level;

constexpr Bytes megabytes(std::uint64_t count) { return Bytes(count * 1024 * 1024); }

// 1,000 MB, ceiling 900.
class AdmissionTest : public ::testing::Test {
 protected:
  AdmissionTest() {
    request_.now = SteadyTime(1h);
    request_.limit = megabytes(1000);
    need(100);
  }

  void need(std::uint64_t peak) { request_.predicted = {megabytes(peak), 4}; }
  void use(std::uint64_t used) { request_.used = megabytes(used); }
  void run(std::uint64_t reserved, std::uint64_t seen = 0, bool alone = false) {
    Reservation reservation;
    reservation.reserved = megabytes(reserved);
    reservation.seen = megabytes(seen);
    reservation.alone = alone;
    running_.push_back(reservation);
  }
  AdmissionVerdict judge() {
    request_.running = running_;
    return judge_admission(config_, request_);
  }
  Admitted admitted() {
    const auto verdict = judge();
    EXPECT_TRUE(std::holds_alternative<Admitted>(verdict));
    return std::holds_alternative<Admitted>(verdict) ? std::get<Admitted>(verdict) : Admitted{};
  }
  std::string_view waits_for() {
    const auto verdict = judge();
    return std::holds_alternative<Waiting>(verdict) ? to_string(std::get<Waiting>(verdict).reason) : "nothing";
  }

  AdmissionConfig config_;
  AdmissionRequest request_;
  std::vector<Reservation> running_;
};

TEST_F(AdmissionTest, ARunThatFitsBesideTheOthersStarts) {
  run(100, 40);
  use(740);
  EXPECT_EQ(admitted().reserved, megabytes(100)) << "740 used + 60 promised + 100 = 900";
  EXPECT_FALSE(admitted().alone);
  EXPECT_FALSE(admitted().over_ceiling);
}

TEST_F(AdmissionTest, OneByteMoreWaitsAndSaysWhatItNeedsAndWhatIsFree) {
  run(100, 40);
  request_.used = Bytes(megabytes(740).count() + 1);
  const auto waiting = std::get<Waiting>(judge());
  EXPECT_EQ(waiting.reason, WaitReason::memory);
  EXPECT_EQ(waiting.needed, megabytes(100));
  EXPECT_EQ(waiting.free.count(), megabytes(100).count() - 1);
}

TEST_F(AdmissionTest, WhatTheNextTickMayTakeIsLeftFree) {
  run(100, 40);
  use(740);
  request_.speculative = Bytes(1);
  EXPECT_EQ(waits_for(), "memory");
}

TEST_F(AdmissionTest, ARunThatTakesMoreThanReservedDoesNotMakeRoom) {
  run(100, 300);
  use(801);
  EXPECT_EQ(waits_for(), "memory");
}

TEST_F(AdmissionTest, NoMoreThanTheMostThatMayRun) {
  for (int i = 0; i < 3; ++i) run(1);
  EXPECT_EQ(waits_for(), "concurrency");
}

TEST_F(AdmissionTest, ARouteNobodyHasMeasuredRunsAlone) {
  request_.predicted = {megabytes(64), 0};
  EXPECT_TRUE(admitted().alone);
  run(1);
  EXPECT_EQ(waits_for(), "unmeasured");
}

// The first run of a route is not seldom a tiny one.
TEST_F(AdmissionTest, ARunStartsBesideNoMoreThanWereMeasured) {
  request_.predicted.measurements = 1;
  EXPECT_FALSE(admitted().alone);
  run(1);
  EXPECT_EQ(waits_for(), "unmeasured") << "one was measured, and one runs";
  request_.predicted.measurements = 2;
  EXPECT_EQ(waits_for(), "nothing");
  run(1);
  EXPECT_EQ(waits_for(), "unmeasured");
}

TEST_F(AdmissionTest, ARouteThatIsKnownRunsBesideAsManyAsFit) {
  config_.max_concurrent = 100;
  request_.predicted.measurements = config_.known_after;
  for (int i = 0; i < 99; ++i) run(1);
  EXPECT_EQ(waits_for(), "nothing");
  request_.predicted.measurements = config_.known_after - 1;
  EXPECT_EQ(waits_for(), "unmeasured");
}

TEST_F(AdmissionTest, NothingStartsBesideTheOneThatRunsAlone) {
  run(64, 0, true);
  EXPECT_EQ(waits_for(), "unmeasured");
}

TEST_F(AdmissionTest, AtCriticalOneAtATime) {
  request_.level = Level::critical;
  EXPECT_EQ(admitted().reserved, megabytes(100));
  run(1);
  EXPECT_EQ(waits_for(), "level");
}

TEST_F(AdmissionTest, AtWarningTheCeilingDecides) {
  request_.level = Level::warning;
  run(1);
  EXPECT_EQ(waits_for(), "nothing");
}

TEST_F(AdmissionTest, WithNothingRunningOneMayAlwaysGo) {
  use(700);
  need(500);
  EXPECT_TRUE(admitted().over_ceiling);
}

TEST_F(AdmissionTest, ButIdleWorkersAreMadeSmallerFirst) {
  use(700);
  need(500);
  request_.reclaimable = megabytes(300);
  EXPECT_EQ(waits_for(), "memory");
  request_.idle_since = request_.now - 9s;
  EXPECT_EQ(waits_for(), "memory");
  request_.idle_since = request_.now - 10s;
  EXPECT_TRUE(admitted().over_ceiling) << "not for ever";
}

TEST_F(AdmissionTest, AtAnEmergencyNothingStartsUntilReliefHadItsChance) {
  use(950);
  request_.level = Level::emergency;
  EXPECT_EQ(waits_for(), "level");
  request_.idle_since = request_.now - 10s;
  EXPECT_TRUE(admitted().over_ceiling);
  run(1);
  EXPECT_EQ(waits_for(), "level");
}

TEST_F(AdmissionTest, AnEmergencyThatIsOverByTheNumbersDoesNotHoldTheOnlyRun) {
  use(500);
  request_.level = Level::emergency;
  EXPECT_FALSE(admitted().over_ceiling);
}

TEST_F(AdmissionTest, ALimitThatShrankBelowWhatIsUsedLeavesNothingFree) {
  request_.limit = megabytes(100);
  use(500);
  run(1);
  EXPECT_EQ(std::get<Waiting>(judge()).free, Bytes());
}

TEST(IdleWaitTest, ItCountsOnlyWhileSomethingWaitsAndNothingRuns) {
  IdleWait wait;
  const SteadyTime start(1h);
  wait.update(0, 0, start);
  EXPECT_FALSE(wait.since());
  wait.update(0, 1, start + 1s);
  wait.update(0, 2, start + 2s);
  EXPECT_EQ(wait.since(), start + 1s);
  wait.update(1, 2, start + 3s);
  EXPECT_FALSE(wait.since());
}

}  // namespace
}  // namespace holdfast::governor
