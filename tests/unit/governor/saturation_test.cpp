#include "governor/saturation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace holdfast::governor {
namespace {

using memory::Level;
using namespace std::chrono_literals;

constexpr Bytes megabytes(std::uint64_t count) { return Bytes(count * 1024 * 1024); }

class SaturationTest : public ::testing::Test {
 protected:
  SaturationTest() {
    input_.now = kStart;
    input_.used = megabytes(420);
    input_.limit = megabytes(512);
    input_.level = Level::critical;
  }

  SaturationWorker& worker(int id, std::uint64_t winnable) {
    SaturationWorker added;
    added.id = id;
    added.winnable = megabytes(winnable);
    workers_.push_back(added);
    return workers_.back();
  }
  SaturationStep tick() {
    input_.workers = workers_;
    return tracker_.update(input_);
  }
  SaturationStep after(std::chrono::milliseconds time) {
    input_.now += time;
    return tick();
  }
  void relieve() { input_.relief_ended_at = input_.now; }
  /// Saturated, relief tried in vain.
  void saturate() {
    tick();
    relieve();
    input_.now += 15s;
  }
  static std::string told(const SaturationStep& step) {
    const std::string action(to_string(step.action));
    return step.action == SaturationAction::replace_worker ? action + " " + std::to_string(step.worker) : action;
  }

  static constexpr SteadyTime kStart{2h};
  SaturationTracker tracker_{{}, SteadyTime(1h), 0.5};
  SaturationInput input_;
  std::vector<SaturationWorker> workers_;
};

TEST_F(SaturationTest, CriticalForAMomentIsNoSaturation) {
  worker(1, 100);
  EXPECT_EQ(told(tick()), "none");
  relieve();
  EXPECT_EQ(told(after(14s)), "none");
  input_.level = Level::warning;
  EXPECT_EQ(told(after(1s)), "none");
  input_.level = Level::critical;
  EXPECT_EQ(told(after(1s)), "none");
  EXPECT_EQ(told(after(14s)), "none") << "counted from the beginning";
  EXPECT_FALSE(tracker_.since());
}

TEST_F(SaturationTest, WhenReliefDidNotHelpWorkersAreReplacedTheSmallestLossFirst) {
  worker(1, 30);
  worker(2, 200);
  worker(3, 300).busy = true;
  worker(4, 300).busy = true;
  workers_[2].run_age = 60s;
  workers_[3].run_age = 5s;
  saturate();
  EXPECT_EQ(told(tick()), "replace_worker 2");
  EXPECT_EQ(told(after(7s)), "replace_worker 1");
  EXPECT_EQ(told(after(7s)), "replace_worker 4");
  EXPECT_EQ(told(after(7s)), "replace_worker 3");
  EXPECT_EQ(tracker_.since(), kStart);
}

TEST_F(SaturationTest, ReliefIsTriedFirstButNotAwaitedForEver) {
  worker(1, 30);
  relieve();
  input_.now += 1s;
  tick();
  EXPECT_EQ(told(after(59s)), "none") << "that walk was before";
  EXPECT_EQ(told(after(1s)), "replace_worker 1");
}

TEST_F(SaturationTest, TheEffectOfAReplacementIsAwaited) {
  worker(1, 30);
  worker(2, 20);
  saturate();
  EXPECT_EQ(told(tick()), "replace_worker 1");
  input_.replacing = true;
  EXPECT_EQ(told(after(20s)), "none");
  input_.replacing = false;
  EXPECT_EQ(told(after(6s)), "none");
  EXPECT_EQ(told(after(1s)), "replace_worker 2");
}

TEST_F(SaturationTest, AReplacementThatDoesNotEndIsPassedOver) {
  worker(1, 30);
  worker(2, 20);
  saturate();
  tick();
  input_.replacing = true;
  EXPECT_EQ(told(after(299s)), "none");
  EXPECT_EQ(told(after(1s)), "replace_worker 2");
}

TEST_F(SaturationTest, AReplacementThatWasUnderWayAnywayIsAwaitedToo) {
  worker(1, 30);
  saturate();
  input_.replacing = true;
  EXPECT_EQ(told(tick()), "none");
  input_.replacing = false;
  EXPECT_EQ(told(after(7s)), "replace_worker 1");
}

TEST_F(SaturationTest, AFreshWorkerIsNotReplacedAgain) {
  worker(1, 30);
  saturate();
  tick();
  workers_.clear();
  worker(2, 30).started_at = input_.now;
  EXPECT_EQ(told(after(7s)), "recommend_restart");
}

// Its place is empty for a while: that is no success yet.
TEST_F(SaturationTest, AReplacementIsJudgedByWhatItsSuccessorHolds) {
  worker(1, 0);
  saturate();
  EXPECT_EQ(told(tick()), "replace_worker 1");
  workers_.clear();
  input_.replacing = true;
  input_.used = megabytes(20);
  EXPECT_EQ(told(after(1s)), "none");
  input_.level = Level::normal;
  EXPECT_EQ(told(after(10s)), "none");
  worker(2, 0).started_at = input_.now;
  input_.replacing = false;
  input_.used = megabytes(420);
  input_.level = Level::critical;
  EXPECT_EQ(told(after(1s)), "none") << "its effect is awaited";
  EXPECT_EQ(told(after(7s)), "recommend_restart") << "the fresh one holds as much";
}

TEST_F(SaturationTest, AReplacementThatHelpedEndsIt) {
  worker(1, 0);
  saturate();
  EXPECT_EQ(told(tick()), "replace_worker 1");
  input_.used = megabytes(20);
  input_.level = Level::normal;
  EXPECT_TRUE(tracker_.since()) << "not known yet";
  EXPECT_EQ(told(after(8s)), "none");
  EXPECT_FALSE(tracker_.since());
}

TEST_F(SaturationTest, ItEndsWhenTheLevelFalls) {
  worker(1, 30);
  saturate();
  tick();
  input_.level = Level::warning;
  EXPECT_EQ(told(after(7s)), "none");
  EXPECT_FALSE(tracker_.since());
  input_.level = Level::critical;
  saturate();
  EXPECT_EQ(told(tick()), "replace_worker 1") << "a new saturation, all over";
}

TEST_F(SaturationTest, WhenNothingHelpsARestartIsRecommendedAndAfterTheJitterDue) {
  saturate();
  EXPECT_EQ(told(tick()), "recommend_restart");
  EXPECT_TRUE(tracker_.restart_recommended());
  EXPECT_EQ(told(after(29s)), "none");
  EXPECT_EQ(told(after(1s)), "restart");
  EXPECT_EQ(told(after(59min)), "none") << "not again within the hour";
  EXPECT_EQ(told(after(1min)), "restart");
}

TEST_F(SaturationTest, AProcessThatHasJustStartedIsNotRestarted) {
  SaturationTracker young({}, kStart, 0.0);
  young.update(input_);
  input_.relief_ended_at = input_.now;
  input_.now += 15s;
  EXPECT_EQ(young.update(input_).action, SaturationAction::recommend_restart);
  input_.now = kStart + 59min;
  EXPECT_EQ(young.update(input_).action, SaturationAction::none);
  input_.now = kStart + 60min;
  EXPECT_EQ(young.update(input_).action, SaturationAction::restart);
}

TEST_F(SaturationTest, WithoutARestartIntervalARestartIsOnlyRecommended) {
  tracker_ = SaturationTracker({.restart_interval = 0ms}, SteadyTime(1h), 0.5);
  saturate();
  EXPECT_EQ(told(tick()), "recommend_restart");
  EXPECT_EQ(told(after(100h)), "none");
}

TEST_F(SaturationTest, ALargeRunIsLoadAndNotSaturation) {
  worker(1, 30);
  input_.held_by_runs = megabytes(300);
  saturate();
  EXPECT_EQ(told(tick()), "none");
  EXPECT_EQ(told(after(1h)), "none");
}

}  // namespace
}  // namespace holdfast::governor
