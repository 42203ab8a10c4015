// All decisions together, over random traces. The world checks at every tick: nothing is admitted over the ceiling by
// what is known, one always progresses, saturation ends, the only run is spared.
#include <gtest/gtest.h>

#include "tests/unit/governor/governor_world.hpp"

namespace holdfast::governor::testing {
namespace {

constexpr Bytes megabytes(std::uint64_t count) { return Bytes(count * 1024 * 1024); }

class GovernorPropertyTest : public ::testing::Test {
 protected:
  /// Every run comes to its end, and nothing is left promised.
  static void all_end(World& world, int runs) {
    world.ask(runs);
    ASSERT_TRUE(world.settle(runs * 2'000)) << world.completed << " completed, " << world.sealed << " sealed";
    EXPECT_EQ(world.completed + world.sealed, runs);
    EXPECT_EQ(world.running(), 0U);
  }
};

TEST_F(GovernorPropertyTest, OverRandomTracesEveryPromiseHolds) {
  for (unsigned seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    WorldConfig config;
    config.seed = seed;
    config.workers = 1 + static_cast<int>(seed % 5);
    config.retained = 0.05 * (seed % 7);
    config.typical_peak = megabytes(40 + 40 * (seed % 6));
    config.odd_levels = seed % 2 == 0 ? 0.01 : 0.0;
    World world(config);
    all_end(world, 120);
  }
}

TEST_F(GovernorPropertyTest, SmallRunsRunTogether) {
  WorldConfig config;
  config.typical_peak = megabytes(30);
  config.odd_levels = 0.0;
  World world(config);
  all_end(world, 200);
  EXPECT_EQ(world.most_running, 3);
  EXPECT_EQ(world.sealed, 0);
  EXPECT_EQ(world.kernel_kills, 0);
}

// The story that all this began with: 309 MB stay behind after each run, under 512 MB.
TEST_F(GovernorPropertyTest, ABackendThatLeaks309MegabytesPerRunStaysUnderItsLimit) {
  WorldConfig config;
  config.routes = 1;
  config.typical_peak = megabytes(309);
  config.peak_spread = 0.0;
  config.freak_share = 0.0;
  config.retained = 1.0;
  config.odd_levels = 0.0;
  World world(config);
  all_end(world, 300);
  EXPECT_EQ(world.completed, 300);
  EXPECT_EQ(world.kernel_kills, 0);
  EXPECT_EQ(world.preempted, 0);
  EXPECT_LE(world.most_used, config.limit);
  EXPECT_GE(world.recycled + world.retired, 299);
}

TEST_F(GovernorPropertyTest, ARunThatExceedsTheWholeLimitIsSealedAndTheOthersGoOn) {
  WorldConfig config;
  config.freak_share = 0.1;
  config.typical_peak = megabytes(250);
  config.odd_levels = 0.0;
  World world(config);
  all_end(world, 100);
  EXPECT_GT(world.sealed, 0);
  EXPECT_GT(world.completed, 80);
}

TEST_F(GovernorPropertyTest, MemoryThatNoWorkerCanGiveBackEndsInARestart) {
  WorldConfig config;
  config.supervisor = megabytes(420);
  config.typical_peak = megabytes(20);
  config.odd_levels = 0.0;
  World world(config);
  world.ask(10);
  for (int tick = 0; tick < 10 * 3'700 && world.restarts == 0; ++tick) {
    world.tick();
    if (tick % 100 == 0) world.ask(1);
    ASSERT_FALSE(HasFatalFailure());
  }
  EXPECT_EQ(world.restarts, 1) << "within the hour";
  EXPECT_GT(world.completed, 10) << "work went on all the while";
  EXPECT_TRUE(world.settle(10'000));
}

}  // namespace
}  // namespace holdfast::governor::testing
