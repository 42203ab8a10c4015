#include "app/memory_watch.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>

#include "memory/probe.hpp"

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;
using memory::Level;

class MemoryWatchTest : public ::testing::Test {
 protected:
  memory::Snapshot take(SteadyTime now) {
    memory::Snapshot snapshot{.at = now,
                              .usage = fail(ErrorCode::unavailable, "no reading"),
                              .tree = Bytes(),
                              .own = memory::ProcessStatus(),
                              .workers = {},
                              .working_set = std::optional<Bytes>(),
                              .stall = std::optional<memory::Stall>(),
                              .oom_kills = std::optional<std::uint64_t>()};
    if (used_) snapshot.usage = memory::Usage{Bytes(*used_), Bytes(limit_), memory::LimitSource::setting, ""};
    return snapshot;
  }

  asio::io_context io_;  // Outlives what waits in it.
  std::optional<std::uint64_t> used_ = 0;
  std::uint64_t limit_ = 1000;
  std::vector<std::optional<memory::LevelChange>> told_;
  bool at_rest_ = false;
  MemoryWatch watch_{system_clock(),
                     {},
                     [this](SteadyTime now) { return take(now); },
                     [this](const auto& change) {
                       told_.push_back(change);
                       return at_rest_;
                     }};
};

TEST_F(MemoryWatchTest, EveryTickIsToldAndTheChangeOfLevelWithIt) {
  used_ = 100;
  watch_.look(SteadyTime(1s));
  used_ = 950;
  watch_.look(SteadyTime(2s));
  watch_.look(SteadyTime(3s));
  ASSERT_EQ(told_.size(), 3U);
  EXPECT_FALSE(told_[0]);
  ASSERT_TRUE(told_[1]);
  EXPECT_EQ(told_[1]->to, Level::emergency);
  EXPECT_FALSE(told_[2]);
}

TEST_F(MemoryWatchTest, ALookBetweenTwoTicksBringsAReadingAndNoChangeOfLevel) {
  used_ = 100;
  watch_.look(SteadyTime(1s));
  used_ = 950;
  watch_.refresh();
  EXPECT_EQ(watch_.view().usage->used, Bytes(950));
  EXPECT_EQ(watch_.view().level, Level::normal);
  EXPECT_EQ(told_.size(), 1U);
}

TEST_F(MemoryWatchTest, AtRestTheNextTickIsFurtherAway) {
  EXPECT_EQ(watch_.look(SteadyTime(1s)), SteadyTime(1100ms));
  at_rest_ = true;
  EXPECT_EQ(watch_.look(SteadyTime(2s)), SteadyTime(2250ms));
}

// The tick that is due in 250 ms comes at once, and the one after it in 100.
TEST_F(MemoryWatchTest, ARunThatBeginsEndsTheRest) {
  at_rest_ = true;
  watch_.start(io_.get_executor());
  io_.poll();
  ASSERT_EQ(told_.size(), 1U);
  io_.poll();
  ASSERT_EQ(told_.size(), 1U) << "nothing is due";
  watch_.wake();
  io_.poll();
  EXPECT_EQ(told_.size(), 2U);
  at_rest_ = false;
  watch_.look(system_clock().steady());
  watch_.wake();
  io_.poll();
  EXPECT_EQ(told_.size(), 3U) << "who does not rest keeps its pace";
}

TEST_F(MemoryWatchTest, WithoutAReadingAnEmergencyGoesOn) {
  used_ = 950;
  watch_.look(SteadyTime(1s));
  used_ = std::nullopt;
  watch_.look(SteadyTime(12s));
  EXPECT_EQ(watch_.view().level, Level::emergency);
  EXPECT_EQ(watch_.view().usage->used, Bytes(950));
}

TEST_F(MemoryWatchTest, ALimitThatShrinksRaisesTheLevel) {
  used_ = 300;
  watch_.look(SteadyTime(1s));
  EXPECT_EQ(watch_.view().level, Level::normal);
  limit_ = 310;
  watch_.look(SteadyTime(2s));
  EXPECT_EQ(watch_.view().level, Level::emergency);
  EXPECT_EQ(watch_.view().last_change->limit, Bytes(310));
}

TEST_F(MemoryWatchTest, GrowthIsCountedFromTheFirstReading) {
  used_ = std::nullopt;
  watch_.look(SteadyTime(1s));
  EXPECT_FALSE(watch_.view().baseline);
  used_ = 100;
  watch_.look(SteadyTime(2s));
  used_ = 200;
  watch_.look(SteadyTime(3s));
  EXPECT_EQ(watch_.view().baseline, Bytes(100));
}

TEST(OwnProcess, ThisVeryProcessCanBeRead) {
  memory::Probe probe("", ::getpid());
  const auto snapshot = probe.take({}, Bytes(512ULL << 20U), SteadyTime(1s));
  ASSERT_TRUE(snapshot.usage) << snapshot.usage.error().message();
  EXPECT_GT(snapshot.usage->used, Bytes());
}

}  // namespace
}  // namespace holdfast::app
