#include "runs/run_queue.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <map>
#include <random>

#include "runs/live_run.hpp"

namespace holdfast::runs {
namespace {

using RunPtr = RunQueue::RunPtr;

class RunQueueTest : public ::testing::Test {
 protected:
  RunPtr run(const std::string& owner = "ada") {
    journal::Run state{.id = RunId::make()};
    state.owner = owner;
    return std::make_shared<LiveRun>(io_.get_executor(), std::move(state), SteadyTime(std::chrono::seconds(++now_)));
  }
  RunPtr wait(const std::string& owner) {
    auto waiting = run(owner);
    queue_.push_back(waiting);
    return waiting;
  }
  /// Owners in the order in which all that waits comes out.
  std::string owners_popped() {
    std::string order;
    while (const auto next = queue_.pop()) order += next->run->owner;
    return order;
  }

  asio::io_context io_;
  int now_ = 0;
  RunQueue queue_;
};

TEST_F(RunQueueTest, FirstComeIsFirstServedForOneOwner) {
  const auto first = wait("ada");
  const auto second = wait("ada");
  EXPECT_EQ(queue_.position(second->run->id), 2);
  EXPECT_EQ(queue_.pop(), first);
  EXPECT_EQ(queue_.position(second->run->id), 1);
  EXPECT_EQ(queue_.pop(), second);
  EXPECT_EQ(queue_.pop(), nullptr);
}

TEST_F(RunQueueTest, OwnersTakeTurnsHoweverManyRunsOneOfThemHas) {
  for (int i = 0; i < 4; ++i) wait("a");
  for (int i = 0; i < 2; ++i) wait("b");
  wait("c");
  EXPECT_EQ(owners_popped(), "abcabaa");
}

TEST_F(RunQueueTest, AnOwnerThatWasJustServedGoesBehindThoseThatWaited) {
  wait("a");
  wait("b");
  (void)queue_.pop();
  wait("a");
  EXPECT_EQ(owners_popped(), "ba");
}

TEST_F(RunQueueTest, ARunThatLostItsAttemptKeepsItsTurn) {
  const auto retried = wait("a");
  wait("a");
  wait("b");
  ASSERT_EQ(queue_.pop(), retried);
  queue_.push_front(retried);
  EXPECT_EQ(queue_.position(retried->run->id), 1);
  EXPECT_EQ(queue_.pop(), retried);
  EXPECT_EQ(owners_popped(), "ba");
}

TEST_F(RunQueueTest, TwoRunsThatComeBackAreServedInTheOrderInWhichTheyFirstCame) {
  const auto first = wait("a");
  const auto second = wait("a");
  wait("a");
  (void)queue_.pop();
  (void)queue_.pop();
  queue_.push_front(first);
  queue_.push_front(second);
  EXPECT_EQ(queue_.pop(), first);
  EXPECT_EQ(queue_.pop(), second);
}

TEST_F(RunQueueTest, RemovingWhatIsNotThereSaysSo) {
  const auto waiting = wait("a");
  EXPECT_FALSE(queue_.remove(RunId::make()));
  EXPECT_TRUE(queue_.remove(waiting->run->id));
  EXPECT_FALSE(queue_.remove(waiting->run->id));
  EXPECT_FALSE(queue_.position(waiting->run->id));
  EXPECT_EQ(queue_.size(), 0U);
  EXPECT_EQ(queue_.waiting_of("a"), 0U);
}

TEST_F(RunQueueTest, WhatWaitsIsCountedByOwner) {
  wait("a");
  wait("b");
  wait("a");
  EXPECT_EQ(queue_.size(), 3U);
  EXPECT_EQ(queue_.waiting_of("a"), 2U);
  EXPECT_EQ(queue_.waiting_of("nobody"), 0U);
  EXPECT_EQ(queue_.waiting().size(), 3U);
}

/// Random histories against what the queue promises. The seed is printed with every failure.
class RunQueueProperty : public RunQueueTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  std::string some_owner() { return std::string(1, static_cast<char>('a' + random_() % 5)); }

  void step() {
    switch (random_() % 8) {
      case 0:
      case 1:
      case 2:
      case 3: wait(some_owner()); break;
      case 4: popped_ = queue_.pop(); break;
      case 5:
        if (popped_) queue_.push_front(std::exchange(popped_, nullptr));
        break;
      case 6: {
        const auto all = queue_.waiting();
        if (!all.empty()) queue_.remove(all.at(random_() % all.size())->run->id);
        break;
      }
      default: break;
    }
  }

  std::mt19937 random_{GetParam()};
  RunPtr popped_;
};

TEST_P(RunQueueProperty, APositionIsTheNumberOfPopsThatBringsTheRunOut) {
  SCOPED_TRACE(GetParam());
  for (int i = 0; i < 150; ++i) step();
  std::map<RunPtr, int> promised;
  for (const auto& waiting : queue_.waiting()) promised[waiting] = queue_.position(waiting->run->id).value_or(0);
  ASSERT_EQ(promised.size(), queue_.size());
  for (int pops = 1; const auto next = queue_.pop(); ++pops) EXPECT_EQ(promised.at(next), pops);
}

TEST_P(RunQueueProperty, EveryOwnersNextRunStartsWithinAsManyStartsAsThereAreOwners) {
  SCOPED_TRACE(GetParam());
  for (int i = 0; i < 150; ++i) step();
  while (queue_.size() > 0) {
    std::map<std::string, int> first_place;
    for (const auto& waiting : queue_.waiting()) {
      const int place = queue_.position(waiting->run->id).value_or(0);
      auto& first = first_place.try_emplace(waiting->run->owner, place).first->second;
      first = std::min(first, place);
    }
    for (const auto& [owner, place] : first_place) EXPECT_LE(place, static_cast<int>(first_place.size())) << owner;
    (void)queue_.pop();
    // Newcomers cannot push anybody's turn back.
    if (random_() % 3 == 0) wait(some_owner());
    if (now_ > 600) break;
  }
}

TEST_P(RunQueueProperty, NobodyStarvesWhileAnotherOwnerKeepsSending) {
  SCOPED_TRACE(GetParam());
  for (int i = 0; i < 20; ++i) wait("a");
  const auto quiet = wait("q");
  int starts = 0;
  for (auto next = queue_.pop(); next != quiet; next = queue_.pop(), ++starts) {
    for (auto more = random_() % 4; more > 0; --more) wait("a");
    ASSERT_LT(starts, 2);
  }
}

TEST_P(RunQueueProperty, TheOrderWithinAnOwnerIsKept) {
  SCOPED_TRACE(GetParam());
  for (int i = 0; i < 150; ++i) step();
  std::map<std::string, SteadyTime> latest;
  while (const auto next = queue_.pop()) {
    auto& before = latest[next->run->owner];
    EXPECT_LT(before, next->waiting_since);
    before = next->waiting_since;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RunQueueProperty, ::testing::Range(1U, 26U));

}  // namespace
}  // namespace holdfast::runs
