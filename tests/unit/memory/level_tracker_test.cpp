#include "memory/level_tracker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace holdfast::memory {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr Bytes kLimit{512ULL * 1024 * 1024};

class LevelTrackerTest : public ::testing::Test {
 protected:
  using Change = std::optional<LevelChange>;

  Change use(double share, std::optional<double> vm_ratio = {}) {
    const Bytes used(static_cast<std::uint64_t>(share * static_cast<double>(kLimit.count())));
    return tracker_.update(Reading::make(used, kLimit, now_, vm_ratio), now_);
  }
  Change lose_reading() { return tracker_.update(fail(ErrorCode::unavailable, "probe is gone"), now_); }
  void after(std::chrono::milliseconds time) { now_ += time; }
  /// The same use every 100 ms, for a while.
  void stay(double share, std::chrono::milliseconds time) {
    for (auto end = now_ + time; now_ < end; after(100ms)) use(share);
  }

  LevelTracker tracker_{LevelConfig{}};
  SteadyTime now_{1000s};
};

TEST_F(LevelTrackerTest, TheThresholdsAre200And400And480Of512Megabytes) {
  EXPECT_FALSE(use(199.9 / 512));
  EXPECT_EQ(use(200.0 / 512)->to, Level::warning);
  EXPECT_FALSE(use(399.9 / 512));
  EXPECT_EQ(use(400.0 / 512)->to, Level::critical);
  EXPECT_FALSE(use(479.9 / 512));
  const auto change = use(480.0 / 512);
  EXPECT_EQ(change->to, Level::emergency);
  EXPECT_EQ(change->from, Level::critical);
  EXPECT_EQ(change->used, Bytes(480ULL * 1024 * 1024));
  EXPECT_EQ(change->limit, kLimit);
  EXPECT_EQ(change->at, now_);
  EXPECT_THAT(change->cause, HasSubstr("use 93.8 % reached 93.8 %"));
}

TEST_F(LevelTrackerTest, AJumpToTheLimitIsAnEmergencyAtOnce) {
  EXPECT_EQ(use(1.3)->to, Level::emergency);
  EXPECT_EQ(tracker_.last_change()->from, Level::normal);
}

TEST_F(LevelTrackerTest, ItFallsOneLevelAtATimeWithADwellForEach) {
  use(0.95);
  stay(0.1, 5100ms);
  EXPECT_EQ(tracker_.level(), Level::critical);
  stay(0.1, 5000ms);
  EXPECT_EQ(tracker_.level(), Level::critical);
  stay(0.1, 200ms);
  EXPECT_EQ(tracker_.level(), Level::warning);
  stay(0.1, 5200ms);
  EXPECT_EQ(tracker_.level(), Level::normal);
  EXPECT_THAT(tracker_.last_change()->cause, HasSubstr("below 34.1 %"));
}

TEST_F(LevelTrackerTest, FivePointsBelowAreNotEnoughWithoutTheDwellNorTheDwellWithoutThePoints) {
  use(0.8);
  stay(0.74, 60s);
  EXPECT_EQ(tracker_.level(), Level::critical);
  stay(0.72, 4900ms);
  EXPECT_EQ(tracker_.level(), Level::critical);
  use(0.74);
  stay(0.72, 4900ms);
  EXPECT_EQ(tracker_.level(), Level::critical);
  stay(0.72, 300ms);
  EXPECT_EQ(tracker_.level(), Level::warning);
}

TEST_F(LevelTrackerTest, LosingTheProbeNeverReadsAsZeroUsage) {
  use(0.96);
  after(1h);
  EXPECT_FALSE(lose_reading());
  EXPECT_EQ(tracker_.level(), Level::emergency);
}

TEST_F(LevelTrackerTest, BlindForLongerThanTheMaximumAgeIsAWarning) {
  use(0.1);
  after(5s);
  EXPECT_FALSE(lose_reading());
  after(100ms);
  const auto change = lose_reading();
  ASSERT_TRUE(change);
  EXPECT_EQ(change->to, Level::warning);
  EXPECT_THAT(change->cause, HasSubstr("no reading for 5.1 s: probe is gone"));
  EXPECT_FALSE(lose_reading());
  stay(0.1, 5200ms);
  EXPECT_EQ(tracker_.level(), Level::normal);
}

TEST_F(LevelTrackerTest, AProbeThatNeverWorkedIsAWarningToo) {
  EXPECT_FALSE(lose_reading());
  after(5100ms);
  EXPECT_EQ(lose_reading()->to, Level::warning);
}

TEST_F(LevelTrackerTest, AReadingThatIsOldIsNone) {
  const auto old = Reading::make(Bytes(1), kLimit, now_);
  after(6s);
  EXPECT_FALSE(tracker_.update(old, now_));
  after(6s);
  EXPECT_EQ(tracker_.update(old, now_)->to, Level::warning);
}

TEST_F(LevelTrackerTest, ALostReadingBeginsTheDwellAnew) {
  use(0.5);
  stay(0.1, 4900ms);
  lose_reading();
  stay(0.1, 4900ms);
  EXPECT_EQ(tracker_.level(), Level::warning);
  stay(0.1, 300ms);
  EXPECT_EQ(tracker_.level(), Level::normal);
}

TEST_F(LevelTrackerTest, AReadingWithoutALimitIsNone) {
  EXPECT_EQ(Reading::make(Bytes(1), Bytes(), now_).error().code(), ErrorCode::failed_precondition);
  Snapshot snapshot{.at = now_};
  snapshot.usage = fail(ErrorCode::unavailable, "gone");
  EXPECT_EQ(reading_of(snapshot).error().code(), ErrorCode::unavailable);
  snapshot.usage = Usage{.used = Bytes(1), .limit = Bytes(4)};
  EXPECT_DOUBLE_EQ(reading_of(snapshot)->ratio(), 0.25);
}

TEST_F(LevelTrackerTest, TheRatioOfVirtualToResidentDecidesOnlyWhenItIsAskedTo) {
  EXPECT_FALSE(use(0.1, 121.0));
  tracker_ = LevelTracker(LevelConfig{.vm_ratio_decides = true});
  EXPECT_FALSE(use(0.1, 1.99));
  EXPECT_EQ(use(0.1, 2.0)->to, Level::warning);
  EXPECT_EQ(use(0.1, 2.5)->to, Level::critical);
  EXPECT_THAT(use(0.1, 3.1)->cause, HasSubstr("VMS/RSS 3.10 reached 3.00"));
  after(1h);
  EXPECT_FALSE(use(0.1, 2.9));
  EXPECT_FALSE(use(0.1, 2.8));
  after(5s);
  EXPECT_EQ(use(0.1, 2.8)->to, Level::critical);
  EXPECT_EQ(use(0.95, 1.0)->to, Level::emergency);
}

/// What must hold after every step of any trace.
class LevelTrackerProperty : public ::testing::TestWithParam<unsigned> {};

TEST_P(LevelTrackerProperty, OnAnyTraceTheInvariantsHold) {
  const LevelConfig config;
  std::mt19937 random(GetParam());
  std::uniform_real_distribution<double> share(0, 1.1);
  std::uniform_int_distribution<int> wait(1, 900);
  std::uniform_int_distribution<int> event(0, 99);
  LevelTracker tracker(config);
  SteadyTime now{1000s};
  SteadyTime last_good = now;
  ASSERT_FALSE(tracker.update(Reading::make(Bytes(1), kLimit, now), now));
  SteadyTime changed = now;
  std::optional<SteadyTime> low_since;
  double use = 0.2;
  for (int i = 0; i < 3000; ++i) {
    now += std::chrono::milliseconds(wait(random));
    const int what = event(random);
    if (what < 3) use = share(random);
    if (what >= 97) use *= 0.4;
    // Failures come alone and, one time in forty, for long.
    const bool lost = what == 50 || (what > 50 && i % 40 == 39);
    if (lost && i % 80 == 79) now += 6s;
    const Bytes used(static_cast<std::uint64_t>(use * static_cast<double>(kLimit.count())));
    const auto before = tracker.level();
    const auto change = lost ? tracker.update(fail(ErrorCode::unavailable, "lost"), now)
                             : tracker.update(Reading::make(used, kLimit, now), now);
    const auto after = tracker.level();
    if (!lost) last_good = now;

    // The change that is told is the change that was made, and has a cause.
    ASSERT_EQ(change.has_value(), before != after);
    if (change) {
      ASSERT_EQ(change->from, before);
      ASSERT_EQ(change->to, after);
      ASSERT_FALSE(change->cause.empty());
    }
    // Never below what the use asks for, and never above it without having been there.
    const double actual = static_cast<double>(used.count()) / static_cast<double>(kLimit.count());
    const auto asked =
        static_cast<Level>((actual >= config.enter[0]) + (actual >= config.enter[1]) + (actual >= config.enter[2]));
    if (!lost) {
      ASSERT_GE(after, asked);
    }
    if (after > before) {
      ASSERT_EQ(after, lost ? Level::warning : asked);
    }
    // Blind is at least a warning.
    if (now - last_good > config.max_age) {
      ASSERT_GE(after, Level::warning);
    }
    // A fall is of one level, a dwell after the last change, with the use low all the while.
    const bool low = !lost && before != Level::normal &&
                     actual < config.enter[static_cast<std::size_t>(before) - 1] - config.hysteresis;
    if (!low)
      low_since.reset();
    else if (!low_since)
      low_since = now;
    if (after < before) {
      ASSERT_EQ(static_cast<int>(before) - static_cast<int>(after), 1);
      ASSERT_GE(now - changed, config.dwell);
      ASSERT_TRUE(low_since);
      ASSERT_GE(now - *low_since, config.dwell);
    }
    if (change) {
      changed = now;
      low_since.reset();
    }
  }
  // Saturation ends when use does.
  for (int i = 0; i < 200; ++i) {
    now += 100ms;
    tracker.update(Reading::make(Bytes(1), kLimit, now), now);
  }
  ASSERT_EQ(tracker.level(), Level::normal);
}

INSTANTIATE_TEST_SUITE_P(Seeds, LevelTrackerProperty, ::testing::Range(0U, 10U));

}  // namespace
}  // namespace holdfast::memory
