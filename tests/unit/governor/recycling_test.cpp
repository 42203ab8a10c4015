#include "governor/recycling.hpp"

#include <gtest/gtest.h>

#include "governor/saturating.hpp"

namespace holdfast::governor {
namespace {

using namespace std::chrono_literals;

constexpr Bytes megabytes(std::uint64_t count) { return Bytes(count * 1024 * 1024); }

class RecyclingTest : public ::testing::Test {
 protected:
  RecyclingTest() {
    worker_.fresh_floor = megabytes(80);
    worker_.floor = megabytes(80);
    room_.limit = megabytes(512);
    room_.used = megabytes(200);
    room_.boot = megabytes(80);
  }

  std::string told(std::optional<RecycleReason> asked = std::nullopt) {
    decision_ = judge_recycling({}, worker_, room_, history_, asked, now_);
    return decision_ ? std::string(to_string(decision_->reason)) : "no";
  }
  std::string_view mode() {
    told(RecycleReason::manual);
    return to_string(decision_->mode);
  }
  void floor(std::uint64_t held) { worker_.floor = megabytes(held); }
  std::optional<UselessStop> replace(std::uint64_t old_floor, std::uint64_t new_floor) {
    return history_.replaced(megabytes(old_floor), megabytes(new_floor), now_);
  }

  SteadyTime now_{1h};
  WorkerMemory worker_;
  RecycleRoom room_;
  RecycleHistory history_;
  std::optional<RecycleDecision> decision_;
};

TEST_F(RecyclingTest, AWorkerThatKeptLittleStays) {
  floor(179);
  EXPECT_EQ(told(), "no");
}

TEST_F(RecyclingTest, OneThatKeptMoreThanItsBudgetIsReplaced) {
  floor(180);
  EXPECT_EQ(told(), "growth");
  EXPECT_EQ(decision_->winnable, megabytes(100));
}

TEST_F(RecyclingTest, OneWhoseMemoryIsMostlyFreedButKeptIsReplaced) {
  floor(150);
  worker_.fragmented = megabytes(100);
  EXPECT_EQ(told(), "fragmentation");
  worker_.fragmented = megabytes(99);
  EXPECT_EQ(told(), "no");
}

TEST_F(RecyclingTest, OneThatIsAboutToReachTheLimitIsReplacedWhateverItsAge) {
  floor(100);
  worker_.started_at = now_;
  worker_.time_to_limit = 90s;
  EXPECT_EQ(told(), "no");
  worker_.time_to_limit = 89s;
  EXPECT_EQ(told(), "time_to_limit");
}

TEST_F(RecyclingTest, AYoungWorkerStaysUnlessARunWaitsForRoom) {
  floor(389);
  worker_.started_at = now_ - 59s;
  EXPECT_EQ(told(), "no");
  room_.run_waits = true;
  EXPECT_EQ(told(), "room");
}

TEST_F(RecyclingTest, ForRoomOneThatWouldGiveBackNextToNothingIsNotReplaced) {
  room_.run_waits = true;
  floor(95);
  EXPECT_EQ(told(), "no");
  floor(96);
  EXPECT_EQ(told(), "room");
}

TEST_F(RecyclingTest, AnIdleWorkerThatTheWaitingRunDoesNotNeedIsRetired) {
  room_.is_spare = true;
  EXPECT_EQ(told(), "no");
  room_.run_waits = true;
  EXPECT_EQ(told(), "room");
  EXPECT_EQ(to_string(decision_->mode), "retire");
  EXPECT_EQ(decision_->winnable, megabytes(80)) << "all of it, fresh or not";
}

TEST_F(RecyclingTest, AWorkerNoFatterThanAFreshOneStaysWhateverItWeighed) {
  floor(300);
  room_.boot = megabytes(300);
  EXPECT_EQ(told(), "no");
}

TEST_F(RecyclingTest, WhatWasAskedForIsDone) {
  EXPECT_EQ(told(RecycleReason::manual), "manual");
  EXPECT_EQ(told(RecycleReason::saturation), "saturation");
}

TEST_F(RecyclingTest, TheNewOneComesFirstOnlyIfBothFit) {
  room_.used = Bytes(times(megabytes(512), 0.9).count() - megabytes(80).count());
  EXPECT_EQ(mode(), "overlap");
  room_.speculative = Bytes(1);
  EXPECT_EQ(mode(), "drain_first");
  room_.speculative = Bytes();
  room_.unconsumed = Bytes(1);
  EXPECT_EQ(mode(), "drain_first");
  room_.unconsumed = Bytes();
  room_.run_waits = true;
  EXPECT_EQ(mode(), "drain_first") << "its memory is wanted now";
  room_.run_waits = false;
  room_.boot.reset();
  EXPECT_EQ(mode(), "drain_first") << "nobody knows what a fresh one needs";
}

TEST_F(RecyclingTest, WhenNewWorkersAreAsFatAsTheOldRecyclingStops) {
  floor(300);
  EXPECT_FALSE(replace(300, 290));
  EXPECT_FALSE(replace(300, 290));
  EXPECT_EQ(told(), "growth");
  const auto stop = replace(300, 290);
  ASSERT_TRUE(stop);
  EXPECT_EQ(stop->recycles, 3);
  EXPECT_EQ(stop->new_floor, megabytes(290));
  EXPECT_EQ(told(), "no");
  EXPECT_EQ(told(RecycleReason::manual), "manual");
  now_ += 10min;
  EXPECT_EQ(told(), "growth") << "tried again";
}

TEST_F(RecyclingTest, EachStopInVainIsLonger) {
  for (int i = 0; i < 3; ++i) replace(300, 300);
  EXPECT_FALSE(replace(300, 300)) << "already on its way";
  EXPECT_EQ(history_.stop(now_)->until, now_ + 10min);
  now_ += 10min;
  EXPECT_TRUE(replace(300, 300));
  EXPECT_EQ(history_.stop(now_)->until, now_ + 20min);
}

TEST_F(RecyclingTest, OneThatPaysEndsTheRow) {
  replace(300, 300);
  replace(300, 300);
  replace(300, 80);
  EXPECT_FALSE(replace(300, 300));
  EXPECT_FALSE(history_.stop(now_));
}

}  // namespace
}  // namespace holdfast::governor
