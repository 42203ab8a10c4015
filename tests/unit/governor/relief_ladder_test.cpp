#include "governor/relief_ladder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <deque>

#include "tests/contract/governor/scripted_relief.hpp"

namespace holdfast::governor {
namespace {

using memory::Level;
using ::testing::ElementsAre;
using testing::ReliefScript;
using testing::ScriptedMemory;
using testing::ScriptedRelief;
using namespace std::chrono_literals;

constexpr Bytes megabytes(std::uint64_t count) { return Bytes(count * 1024 * 1024); }

class ReliefLadderTest : public ::testing::Test {
 protected:
  ReliefLadderTest() { memory_.used = megabytes(450); }

  ReliefScript& action(std::string name, std::uint64_t holds, ReliefCost cost = ReliefCost::cheap) {
    auto& script = scripts_.emplace_back();
    script.name = std::move(name);
    script.cost = cost;
    script.held = megabytes(holds);
    actions_.push_back(std::make_unique<ScriptedRelief>(script, memory_));
    return script;
  }

  ReliefLadder& ladder() {
    if (!ladder_) {
      auto read = [this]() -> Result<Bytes> {
        if (!readable_) return fail(ErrorCode::unavailable, "no reading");
        return memory_.used;
      };
      ladder_.emplace(io_.get_executor(), memory_.clock, config_, read, std::move(actions_));
    }
    return *ladder_;
  }

  /// Asks, without running. The report is in `reports_` when run() has returned.
  std::size_t ask(WalkRequest request, asio::cancellation_signal* stop = nullptr) {
    const auto index = reports_.size();
    reports_.emplace_back();
    auto body = [this, request, index]() -> awaitable<void> { reports_[index] = co_await ladder().walk(request); };
    if (stop) {
      spawn(io_.get_executor(), "walk", *stop, std::move(body));
    } else {
      spawn(io_.get_executor(), "walk", std::move(body));
    }
    return index;
  }
  void run() {
    io_.restart();
    io_.run();
  }
  WalkReport walk(WalkRequest request) {
    const auto index = ask(request);
    run();
    return reports_[index].value().value();
  }
  WalkReport relieve(Level level = Level::critical, std::uint64_t target = 0) {
    return walk(WalkRequest::for_level(level, megabytes(target)));
  }
  /// What the governor asks for at each tick of a level.
  [[nodiscard]] WalkRequest need(Level level) const { return WalkRequest::for_level(level, Bytes(), memory_.used); }
  /// Asks every second for that long, and counts the walks.
  int walks_within(std::chrono::seconds time, Level level) {
    int walks = 0;
    for (auto left = time; left > 0s; left -= 1s) {
      if (ladder().is_due(need(level)) && walk(need(level)).end == WalkEnd::walked) ++walks;
      memory_.clock.advance(1s);
    }
    return walks;
  }
  WalkReport relieve_by_hand() { return walk(WalkRequest::manual(Level::normal)); }

  static std::vector<std::string> told(const WalkReport& report) {
    std::vector<std::string> lines;
    for (const auto& step : report.steps) {
      const bool skipped = step.end == StepEnd::skipped;
      lines.push_back(step.name + " " + std::string(skipped ? to_string(step.skipped) : to_string(step.end)));
    }
    return lines;
  }

  asio::io_context io_;
  ScriptedMemory memory_;
  LadderConfig config_;
  bool readable_ = true;
  std::deque<ReliefScript> scripts_;
  std::vector<std::unique_ptr<ReliefAction>> actions_;
  std::optional<ReliefLadder> ladder_;
  std::deque<std::optional<Result<WalkReport>>> reports_;
};

TEST_F(ReliefLadderTest, ItTakesItsActionsInOrderAndMeasuresEachOne) {
  action("cache", 20);
  action("trim", 100, ReliefCost::pauses_worker).takes = 350ms;
  action("limiter", 0);
  const auto report = relieve();
  EXPECT_THAT(told(report), ElementsAre("cache relieved", "trim relieved", "limiter nothing_to_do"));
  EXPECT_EQ(report.steps[0].before, megabytes(450));
  EXPECT_EQ(report.steps[0].after, megabytes(430));
  EXPECT_EQ(report.steps[1].returned(), megabytes(100));
  EXPECT_EQ(report.steps[1].pause, 350ms);
  EXPECT_EQ(report.returned(), megabytes(120));
  EXPECT_EQ(report.pause, 350ms);
  EXPECT_TRUE(report.acted());
}

TEST_F(ReliefLadderTest, ItStopsOnceEnoughIsFree) {
  action("cache", 20);
  action("trim", 100);
  action("recycle", 300);
  const auto report = relieve(Level::critical, 350);
  EXPECT_THAT(told(report), ElementsAre("cache relieved", "trim relieved", "recycle target_met"));
  EXPECT_TRUE(report.target_met);
  EXPECT_EQ(memory_.used, megabytes(330));
}

TEST_F(ReliefLadderTest, WhatIsNotWorthItsCostAtThisLevelIsSkipped) {
  action("cache", 20);
  action("recycle", 300).from_level = Level::critical;
  EXPECT_THAT(told(relieve(Level::warning)), ElementsAre("cache relieved", "recycle level"));
}

TEST_F(ReliefLadderTest, AskedByHandItTakesEverything) {
  action("cache", 20);
  action("recycle", 300).from_level = Level::emergency;
  EXPECT_THAT(told(relieve_by_hand()), ElementsAre("cache relieved", "recycle relieved"));
}

TEST_F(ReliefLadderTest, AskedByHandItSparesWhatTheAskExcludes) {
  action("cache", 20);
  action("recycle", 300, ReliefCost::loses_warm_state);
  const auto report = walk(WalkRequest::manual(Level::normal, ReliefCost::pauses_worker));
  EXPECT_THAT(told(report), ElementsAre("cache relieved", "recycle cost"));
}

TEST_F(ReliefLadderTest, AnActionThatGaveNothingThreeTimesRests) {
  action("trim", 0).in_vain = true;
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(told(relieve()), ElementsAre("trim relieved"));
    memory_.clock.advance(10s);
  }
  EXPECT_THAT(told(relieve()), ElementsAre("trim futile"));
  EXPECT_THAT(told(relieve_by_hand()), ElementsAre("trim relieved")) << "by hand it is tried all the same";
  memory_.clock.advance(5min);
  EXPECT_THAT(told(relieve()), ElementsAre("trim relieved")) << "once more";
  memory_.clock.advance(10s);
  EXPECT_THAT(told(relieve()), ElementsAre("trim futile"));
}

TEST_F(ReliefLadderTest, AnActionThatPaysAgainIsTrustedAgain) {
  auto& trim = action("trim", 0);
  trim.in_vain = true;
  for (int i = 0; i < 3; ++i) {
    relieve();
    memory_.clock.advance(10s);
  }
  trim.in_vain = false;
  trim.held = megabytes(50);
  EXPECT_THAT(told(relieve_by_hand()), ElementsAre("trim relieved"));
  memory_.clock.advance(10s);
  trim.held = megabytes(50);
  EXPECT_THAT(told(relieve()), ElementsAre("trim relieved"));
}

TEST_F(ReliefLadderTest, NothingToDoIsNotFutile) {
  action("recycle", 0);
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(told(relieve()), ElementsAre("recycle nothing_to_do"));
    memory_.clock.advance(10s);
  }
}

TEST_F(ReliefLadderTest, AnActionThatFailsDoesNotStopTheNext) {
  action("trim", 100).fails = true;
  action("recycle", 300);
  const auto report = relieve();
  EXPECT_THAT(told(report), ElementsAre("trim failed", "recycle relieved"));
  EXPECT_EQ(report.steps[0].error, "trim is out of order");
}

TEST_F(ReliefLadderTest, AnActionThatHangsIsBrokenOffAtItsDeadline) {
  config_.step_deadline = 20ms;
  action("trim", 100).hangs = true;
  action("cache", 20);
  EXPECT_THAT(told(relieve()), ElementsAre("trim timed_out", "cache relieved"));
}

TEST_F(ReliefLadderTest, WithoutAReadingEveryActionIsTaken) {
  action("cache", 20);
  action("trim", 100);
  readable_ = false;
  const auto report = relieve(Level::critical, 500);
  EXPECT_THAT(told(report), ElementsAre("cache relieved", "trim relieved"));
  EXPECT_FALSE(report.steps[0].after);
  EXPECT_EQ(report.returned(), Bytes());
  EXPECT_FALSE(report.target_met);
}

TEST_F(ReliefLadderTest, InObserveOnlyModeItSaysWhatItWouldDoAndDoesNothing) {
  config_.mode = LadderMode::observe_only;
  action("cache", 20);
  action("recycle", 300).from_level = Level::emergency;
  const auto report = relieve();
  EXPECT_THAT(told(report), ElementsAre("cache observe_only", "recycle level"));
  EXPECT_TRUE(report.observe_only);
  EXPECT_FALSE(report.acted());
  EXPECT_THAT(told(relieve_by_hand()), ElementsAre("cache observe_only", "recycle observe_only"));
  EXPECT_EQ(memory_.used, megabytes(450));
}

TEST_F(ReliefLadderTest, TheNextWalkAtTheSameLevelComesAfterARest) {
  action("cache", 0);
  relieve();
  EXPECT_FALSE(ladder().is_due(need(Level::critical)));
  EXPECT_EQ(relieve().end, WalkEnd::too_soon);
  memory_.clock.advance(10s);
  EXPECT_TRUE(ladder().is_due(need(Level::critical)));
  EXPECT_EQ(relieve().end, WalkEnd::walked);
}

// Idle workers hold it: nobody asks for their memory, and nothing that is worth its cost brings it down.
TEST_F(ReliefLadderTest, AWarningThatNoWalkBringsDownIsWalkedForEverMoreSeldom) {
  action("cache", 0).in_vain = true;
  EXPECT_LE(walks_within(1h, Level::warning), 12);
  EXPECT_EQ(walks_within(1h, Level::warning), 6) << "ten minutes are the most";
}

TEST_F(ReliefLadderTest, AWalkThatGaveSomethingIsFollowedAfterTheShortRest) {
  action("cache", 0).in_vain = true;
  walks_within(1h, Level::warning);
  auto& cache = scripts_[0];
  cache.in_vain = false;
  cache.held = megabytes(100);
  cache.freed_at_once = megabytes(10);
  while (!ladder().is_due(need(Level::warning))) memory_.clock.advance(1s);
  EXPECT_GE(walks_within(1min, Level::warning), 6);
}

TEST_F(ReliefLadderTest, ALongRestEndsWhenMoreIsUsed) {
  action("cache", 0).in_vain = true;
  walks_within(1h, Level::warning);
  memory_.clock.advance(10s);
  EXPECT_FALSE(ladder().is_due(need(Level::warning)));
  memory_.used = plus(memory_.used, megabytes(16));
  EXPECT_TRUE(ladder().is_due(need(Level::warning)));
}

TEST_F(ReliefLadderTest, ALongRestEndsWithTheNeed) {
  action("cache", 0).in_vain = true;
  walks_within(1h, Level::warning);
  memory_.clock.advance(10s);
  EXPECT_FALSE(ladder().is_due(need(Level::warning)));
  ladder().no_need();
  EXPECT_TRUE(ladder().is_due(need(Level::warning)));
}

TEST_F(ReliefLadderTest, ACriticalLevelIsNeverLeftToALongRest) {
  action("cache", 0).in_vain = true;
  walks_within(1h, Level::warning);
  EXPECT_GE(walks_within(1min, Level::critical), 6) << "a worker may have become idle";
}

TEST_F(ReliefLadderTest, AWalkThatFoundNothingToDoDidNotAct) {
  action("cache", 0);
  EXPECT_FALSE(relieve(Level::warning).acted());
}

TEST_F(ReliefLadderTest, ALevelThatRoseDoesNotWait) {
  action("cache", 20);
  relieve(Level::warning);
  EXPECT_EQ(relieve(Level::emergency).end, WalkEnd::walked);
}

TEST_F(ReliefLadderTest, AWalkThatHadNothingToGainDoesNotMakeTheNextWait) {
  action("cache", 20);
  relieve(Level::critical, 500);
  memory_.used = megabytes(501);
  EXPECT_EQ(relieve(Level::critical, 500).end, WalkEnd::walked);
  EXPECT_EQ(memory_.used, megabytes(481));
}

TEST_F(ReliefLadderTest, AsksThatComeMeanwhileJoin) {
  action("cache", 20);
  const auto first = ask(WalkRequest::for_level(Level::critical, Bytes()));
  const auto second = ask(WalkRequest::for_level(Level::critical, Bytes()));
  run();
  EXPECT_FALSE(reports_[first]->value().joined);
  EXPECT_TRUE(reports_[second]->value().joined);
  EXPECT_EQ(reports_[second]->value().returned(), megabytes(20));
  EXPECT_EQ(memory_.used, megabytes(430));
}

TEST_F(ReliefLadderTest, AnAskForAHigherLevelRaisesTheWalkItJoins) {
  action("cache", 20);
  action("recycle", 300).from_level = Level::emergency;
  ask(WalkRequest::for_level(Level::warning, Bytes()));
  const auto second = ask(WalkRequest::for_level(Level::emergency, Bytes()));
  run();
  EXPECT_THAT(told(reports_[second]->value()), ElementsAre("cache relieved", "recycle relieved"));
  EXPECT_EQ(reports_[second]->value().level, Level::emergency);
}

TEST_F(ReliefLadderTest, AnAskByHandFollowsAWalkThatMayDoLess) {
  action("cache", 20);
  action("recycle", 300).from_level = Level::emergency;
  const auto first = ask(WalkRequest::for_level(Level::warning, Bytes()));
  const auto by_hand = ask(WalkRequest::manual(Level::warning));
  const auto too = ask(WalkRequest::manual(Level::warning));
  run();
  EXPECT_THAT(told(reports_[first]->value()), ElementsAre("cache relieved", "recycle level"));
  EXPECT_THAT(told(reports_[by_hand]->value()), ElementsAre("cache nothing_to_do", "recycle relieved"));
  EXPECT_FALSE(reports_[by_hand]->value().joined);
  EXPECT_TRUE(reports_[too]->value().joined);
}

TEST_F(ReliefLadderTest, AWalkThatIsBrokenOffSaysSoAndTheNextOneDoesNotWait) {
  action("trim", 100).hangs = true;
  action("recycle", 300);
  asio::cancellation_signal stop;
  const auto first = ask(WalkRequest::for_level(Level::critical, Bytes()), &stop);
  const auto joined = ask(WalkRequest::for_level(Level::critical, Bytes()));
  io_.restart();
  while (!ladder().under_way()) io_.run_one();
  for (int turn = 0; turn < 5; ++turn) io_.poll_one();
  stop.emit(asio::cancellation_type::terminal);
  run();
  EXPECT_EQ(reports_[first]->value().end, WalkEnd::cut_short);
  EXPECT_THAT(told(reports_[joined]->value()), ElementsAre("trim failed", "recycle cancelled"));
  EXPECT_FALSE(ladder().under_way());
  scripts_[0].hangs = false;
  EXPECT_THAT(told(relieve()), ElementsAre("trim relieved", "recycle relieved"));
}

TEST_F(ReliefLadderTest, OneWhoWaitsForAnothersWalkMayBeStopped) {
  action("trim", 100);
  asio::cancellation_signal stop;
  const auto first = ask(WalkRequest::for_level(Level::critical, Bytes()));
  const auto second = ask(WalkRequest::for_level(Level::critical, Bytes()), &stop);
  io_.restart();
  while (!ladder().under_way()) io_.run_one();
  stop.emit(asio::cancellation_type::terminal);
  run();
  EXPECT_EQ(reports_[first]->value().end, WalkEnd::walked);
  EXPECT_EQ(reports_[second]->error().code(), ErrorCode::cancelled);
}

TEST_F(ReliefLadderTest, TheLastWalkIsKept) {
  action("cache", 20);
  EXPECT_FALSE(ladder().last());
  relieve();
  ASSERT_TRUE(ladder().last());
  EXPECT_EQ(ladder().last()->returned(), megabytes(20));
}

}  // namespace
}  // namespace holdfast::governor
