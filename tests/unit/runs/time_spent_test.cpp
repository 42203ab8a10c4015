#include "runs/time_spent.hpp"

#include <gtest/gtest.h>

namespace holdfast::runs {
namespace {

using namespace std::chrono_literals;
using enum journal::EntryKind;

class TimeSpentTest : public ::testing::Test {
 protected:
  void add(UnixMillis at, journal::EntryKind kind, std::string body = "{}") {
    spent_.add(journal::Entry{.at = at, .kind = kind, .body = std::move(body)});
  }
  TimeSpent spent_;
};

constexpr const char* kDied = R"({"evidence":{"cause":"worker_died"}})";
constexpr const char* kOrphaned = R"({"evidence":{"cause":"orphaned"}})";
constexpr const char* kOrphanedAt5000 = R"({"evidence":{"cause":"orphaned","alive_until":5000}})";

TEST_F(TimeSpentTest, EveryLostAttemptCounts) {
  add(1000, accepted);
  add(2000, started);
  add(5000, attempt_lost, kDied);
  add(9000, started);
  add(9500, attempt_lost, kDied);
  EXPECT_EQ(spent_.total(), 3500ms) << "waiting for a worker is not working";
  add(20'000, started);
  EXPECT_EQ(spent_.total(), 3500ms) << "the attempt under way is counted by who makes it";
}

TEST_F(TimeSpentTest, AnOrphanedAttemptCountsUntilItsInstanceWasLastAlive) {
  add(2000, started);
  add(3'600'000, attempt_lost, kOrphanedAt5000);
  EXPECT_EQ(spent_.total(), 3000ms) << "not the hour in which nothing ran";
}

TEST_F(TimeSpentTest, TheLatestSignOfLifeCounts) {
  add(2000, started);
  add(7000, progress);
  add(9000, attempt_lost, kOrphanedAt5000);
  EXPECT_EQ(spent_.total(), 5000ms);
  add(10'000, started);
  add(14'000, delta);
  add(99'000, attempt_lost, kOrphaned);
  EXPECT_EQ(spent_.total(), 9000ms);
}

TEST_F(TimeSpentTest, WithoutASignOfLifeAnOrphanedAttemptCostsNothing) {
  add(6000, started);
  add(99'000, attempt_lost, kOrphanedAt5000);
  EXPECT_EQ(spent_.total(), 0ms);
}

TEST_F(TimeSpentTest, AnOrphanedAttemptEndsWithItsEntryAtTheLatest) {
  add(2000, started);
  add(3000, attempt_lost, kOrphanedAt5000);
  EXPECT_EQ(spent_.total(), 1000ms);
}

TEST_F(TimeSpentTest, AClockThatWentBackTakesNothingAway) {
  add(9000, started);
  add(2000, attempt_lost, kDied);
  EXPECT_EQ(spent_.total(), 0ms);
}

}  // namespace
}  // namespace holdfast::runs
