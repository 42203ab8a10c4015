#include "governor/reservations.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace holdfast::governor {
namespace {

constexpr Bytes megabytes(std::uint64_t count) { return Bytes(count * 1024 * 1024); }

class ReservationsTest : public ::testing::Test {
 protected:
  ReservationHold hold(std::uint64_t reserved) { return book_.hold(megabytes(reserved), false).value(); }
  Bytes promised() const { return unconsumed(book_.running()); }
  Bytes speculative(std::uint64_t before, std::uint64_t now, double ticks = 1.0) const {
    return speculative_growth(book_.running(), megabytes(before), megabytes(now), ticks);
  }

  Reservations book_{3};
};

TEST_F(ReservationsTest, WhatARunHasTakenIsNoLongerPromised) {
  auto run = hold(100);
  EXPECT_EQ(promised(), megabytes(100));
  run.saw(megabytes(30));
  EXPECT_EQ(promised(), megabytes(70));
  run.saw(megabytes(10));
  EXPECT_EQ(promised(), megabytes(90)) << "what it gave back it may take again";
  run.saw(megabytes(150));
  EXPECT_EQ(promised(), Bytes()) << "one that takes more does not free what others were promised";
  EXPECT_EQ(run.peak(), megabytes(150));
}

TEST_F(ReservationsTest, APromiseEndsWithItsHold) {
  {
    auto run = hold(100);
    auto moved = std::move(run);
    EXPECT_FALSE(run);  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(book_.running().size(), 1U);
    auto other = hold(50);
    moved = std::move(other);
    EXPECT_EQ(promised(), megabytes(50)) << "the one that was overwritten is gone";
  }
  EXPECT_TRUE(book_.running().empty());
}

TEST_F(ReservationsTest, ReleasingTwiceIsReleasingOnce) {
  auto first = hold(100);
  auto second = hold(10);
  first.release();
  first.release();
  first.saw(megabytes(1));
  EXPECT_EQ(first.peak(), Bytes());
  EXPECT_EQ(promised(), megabytes(10));
}

TEST_F(ReservationsTest, AHoldMayOutliveTheBook) {
  ReservationHold run;
  {
    Reservations book(1);
    run = book.hold(megabytes(7), true).value();
  }
  run.saw(megabytes(3));
  EXPECT_EQ(run.reserved(), megabytes(7));
  EXPECT_EQ(run.peak(), megabytes(3));
}

TEST_F(ReservationsTest, NoMoreThanItsCapacity) {
  auto a = hold(1);
  auto b = hold(1);
  auto c = hold(1);
  EXPECT_EQ(book_.hold(megabytes(1), false).error().code(), ErrorCode::resource_exhausted);
  b.release();
  EXPECT_TRUE(book_.hold(megabytes(1), false).has_value());
}

TEST_F(ReservationsTest, GrowthWithinAPromiseIsNotSpeculated) {
  auto run = hold(100);
  run.saw(megabytes(30));
  EXPECT_EQ(speculative(100, 130), Bytes());
}

TEST_F(ReservationsTest, GrowthBeyondAPromiseIs) {
  auto run = hold(100);
  run.saw(megabytes(90));
  run.saw(megabytes(120));
  EXPECT_EQ(speculative(190, 220), megabytes(20)) << "as far as it is beyond";
  run.saw(megabytes(150));
  EXPECT_EQ(speculative(220, 250), megabytes(30));
  EXPECT_EQ(speculative(220, 250, 2.0), megabytes(60));
}

TEST_F(ReservationsTest, WhatIsLeftOfOnePromiseDoesNotCoverAnother) {
  auto idle = hold(200);
  auto greedy = hold(10);
  greedy.saw(megabytes(60));
  EXPECT_EQ(speculative(100, 160), megabytes(50));
}

TEST_F(ReservationsTest, GrowthOutsideTheRunsIsSpeculated) {
  auto run = hold(100);
  run.saw(megabytes(30));
  EXPECT_EQ(speculative(100, 150), megabytes(20));
}

TEST_F(ReservationsTest, ARunThatShrinksDoesNotHideGrowthElsewhere) {
  auto run = hold(100);
  run.saw(megabytes(80));
  run.saw(megabytes(30));
  EXPECT_EQ(speculative(200, 170), megabytes(20));
  EXPECT_EQ(speculative(200, 140), Bytes());
}

}  // namespace
}  // namespace holdfast::governor
