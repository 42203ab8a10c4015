#include "governor/peak_estimate.hpp"

#include <gtest/gtest.h>

#include "governor/boot_footprint.hpp"
#include "governor/saturating.hpp"

namespace holdfast::governor {
namespace {

constexpr Bytes megabytes(std::uint64_t count) { return Bytes(count * 1024 * 1024); }

class PeakEstimateTest : public ::testing::Test {
 protected:
  void finish(std::uint64_t peak, int times = 1) {
    for (int i = 0; i < times; ++i) estimate_.observe("/analyze", megabytes(peak), PeakKind::complete);
  }
  void cut_short(std::uint64_t peak) { estimate_.observe("/analyze", megabytes(peak), PeakKind::cut_short); }
  Bytes predicted() { return estimate_.predict("/analyze").peak; }

  PeakEstimate estimate_;
};

TEST_F(PeakEstimateTest, ARouteNobodyHasMeasuredIsSaidToBeUnmeasured) {
  const auto prediction = estimate_.predict("/analyze");
  EXPECT_FALSE(prediction.measured());
  EXPECT_EQ(prediction.peak, megabytes(64));
}

TEST_F(PeakEstimateTest, OneRunThatEndedMeasuresItsRoute) {
  finish(309);
  const auto prediction = estimate_.predict("/analyze");
  EXPECT_TRUE(prediction.measured());
  EXPECT_EQ(prediction.peak, times(megabytes(309), 1.25));
  EXPECT_FALSE(estimate_.predict("/other").measured());
}

TEST_F(PeakEstimateTest, WhatWasLearnedOutlivesTheProcess) {
  finish(309);
  finish(200, 100);
  estimate_.observe("/unmeasured", megabytes(70), PeakKind::cut_short);
  estimate_.observe("/other", megabytes(40), PeakKind::complete);
  const auto learned = estimate_.learned();
  EXPECT_EQ(learned.size(), 2U) << "a route that never came to its end is to run alone again";

  PeakEstimate next;
  next.restore(learned);
  EXPECT_EQ(next.predict("/analyze").peak, predicted());
  EXPECT_TRUE(next.predict("/analyze").measured());
  EXPECT_FALSE(next.predict("/unmeasured").measured());
  EXPECT_EQ(next.learned(), learned);
}

TEST_F(PeakEstimateTest, WhatIsRestoredDoesNotReplaceWhatWasObservedSince) {
  finish(20);
  estimate_.restore(std::vector<RoutePeaks>{{"/analyze", {megabytes(309)}}, {"/empty", {}}});
  EXPECT_EQ(predicted(), megabytes(25));
  EXPECT_FALSE(estimate_.predict("/empty").measured());
}

TEST_F(PeakEstimateTest, RestoredRoutesAreBoundedLikeObservedOnes) {
  PeakEstimate small({.window = 2, .max_routes = 1});
  small.restore(
      std::vector<RoutePeaks>{{"/old", {megabytes(1)}}, {"/new", {megabytes(20), megabytes(20), megabytes(309)}}});
  EXPECT_EQ(small.learned(), (std::vector<RoutePeaks>{{"/new", {megabytes(20), megabytes(20)}}}));
}

TEST_F(PeakEstimateTest, ASmallPeakIsRaisedToTheFloor) {
  finish(1);
  EXPECT_EQ(predicted(), megabytes(8));
}

TEST_F(PeakEstimateTest, WithFewRunsTheLargestCounts) {
  finish(200);
  finish(20, 10);
  EXPECT_EQ(predicted(), megabytes(250));
}

TEST_F(PeakEstimateTest, AFreakRunAmongManyDoesNotCount) {
  finish(20, 50);
  finish(400);
  finish(20, 10);
  EXPECT_EQ(predicted(), megabytes(25));
}

TEST_F(PeakEstimateTest, AChangeForTheBetterIsBelievedAfterAWhile) {
  finish(400, 64);
  finish(20, 50);
  EXPECT_EQ(predicted(), megabytes(500)) << "by weight, over five of a hundred are still large";
  finish(20, 10);
  EXPECT_EQ(predicted(), megabytes(25));
}

TEST_F(PeakEstimateTest, AChangeForTheWorseIsBelievedAtTheSecondRun) {
  finish(20, 64);
  finish(400, 2);
  EXPECT_EQ(predicted(), megabytes(500));
}

TEST_F(PeakEstimateTest, ARunThatWasCutShortDoesNotMeasureItsRoute) {
  cut_short(300);
  EXPECT_FALSE(estimate_.predict("/analyze").measured());
  EXPECT_EQ(predicted(), megabytes(375)) << "at least what it had taken";
  finish(20);
  EXPECT_EQ(predicted(), megabytes(375)) << "what killed it may do so again";
}

TEST_F(PeakEstimateTest, ARunThatWasCutShortBelowTheExpectedSaysNothing) {
  finish(100, 3);
  cut_short(10);
  cut_short(100);
  EXPECT_EQ(predicted(), megabytes(125));
  cut_short(200);
  EXPECT_EQ(predicted(), megabytes(250));
}

TEST_F(PeakEstimateTest, TheNextAttemptOfARunReservesMoreThanTheLastOneHad) {
  finish(20, 64);
  EXPECT_EQ(estimate_.predict("/analyze", megabytes(400)).peak, megabytes(500));
  EXPECT_EQ(predicted(), megabytes(25)) << "other runs of the route do not";
}

TEST_F(PeakEstimateTest, TheRouteObservedLongestAgoIsForgottenAndCounted) {
  PeakEstimateConfig config;
  config.max_routes = 2;
  PeakEstimate few(config);
  few.observe("a", megabytes(10), PeakKind::complete);
  few.observe("b", megabytes(10), PeakKind::complete);
  few.observe("a", megabytes(10), PeakKind::complete);
  few.observe("c", megabytes(10), PeakKind::complete);
  EXPECT_TRUE(few.predict("a").measured());
  EXPECT_FALSE(few.predict("b").measured());
  EXPECT_TRUE(few.predict("c").measured());
  EXPECT_EQ(few.routes(), 2U);
  EXPECT_EQ(few.forgotten(), 1U);
}

TEST(BootFootprintTest, ItIsTheLargestOfTheLastStarts) {
  BootFootprint boot;
  EXPECT_FALSE(boot.expected());
  boot.observe(megabytes(90));
  boot.observe(megabytes(60));
  EXPECT_EQ(boot.expected(), megabytes(90));
  for (int i = 0; i < 7; ++i) boot.observe(megabytes(50));
  EXPECT_EQ(boot.expected(), megabytes(60));
}

TEST(SaturatingTest, NothingWrapsAround) {
  EXPECT_EQ(plus(kAllBytes, Bytes(1)), kAllBytes);
  EXPECT_EQ(plus(Bytes(2), Bytes(1)), Bytes(3));
  EXPECT_EQ(minus(Bytes(1), Bytes(2)), Bytes());
  EXPECT_EQ(times(kAllBytes, 2.0), kAllBytes);
  EXPECT_EQ(times(Bytes(10), 0.25), Bytes(2));
}

}  // namespace
}  // namespace holdfast::governor
