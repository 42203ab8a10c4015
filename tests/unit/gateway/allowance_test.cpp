#include "gateway/allowance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace holdfast::gateway {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart = SteadyTime(1000s);

AllowanceConfig small() {
  AllowanceConfig config;
  config.requests = 6;
  config.window = 60s;
  config.burst = 3;
  config.burst_window = 10s;
  config.patience = 5s;
  config.max_clients = 3;
  return config;
}

class AllowanceTest : public ::testing::Test {
 protected:
  /// When the start may go, counted from the beginning; absent when it is refused.
  std::optional<std::chrono::milliseconds> book(std::string_view client, std::chrono::milliseconds at) {
    const auto booked = allowance_.book(client, kStart + at);
    if (const auto* turn = std::get_if<Permit>(&booked)) {
      return std::chrono::duration_cast<std::chrono::milliseconds>(turn->at - kStart);
    }
    retry_after_ = std::get<NoPermit>(booked).retry_after;
    return std::nullopt;
  }

  Allowance allowance_{small()};
  std::chrono::milliseconds retry_after_{0};
};

TEST_F(AllowanceTest, ABurstGoesAtOnce) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(book("ada", 0ms), 0ms);
}

TEST_F(AllowanceTest, AStartOverTheBurstWaitsForItsTurnWhenThatIsNear) {
  EXPECT_EQ(book("ada", 0s), 0s);
  EXPECT_EQ(book("ada", 4s), 4s);
  EXPECT_EQ(book("ada", 5s), 5s);
  EXPECT_EQ(book("ada", 6s), 10s);
  EXPECT_EQ(book("ada", 9s), 14s) << "and the next one behind it";
}

TEST_F(AllowanceTest, AStartWhoseTurnIsFarAwayIsRefusedAndToldWhen) {
  for (int i = 0; i < 3; ++i) book("ada", 0s);
  EXPECT_FALSE(book("ada", 1s));
  EXPECT_EQ(retry_after_, 9s);
  EXPECT_FALSE(book("ada", 4s)) << "a refusal does not count";
  EXPECT_EQ(retry_after_, 6s);
  EXPECT_EQ(book("ada", 10s), 10s);
}

TEST_F(AllowanceTest, TheWindowHoldsWhenTheBurstWouldNot) {
  for (const auto at : {0s, 10s, 20s, 30s, 40s, 50s}) EXPECT_EQ(book("ada", at), at);
  EXPECT_FALSE(book("ada", 51s));
  EXPECT_EQ(retry_after_, 9s);
  EXPECT_EQ(book("ada", 56s), 60s);
}

TEST_F(AllowanceTest, OneUserDoesNotUseUpAnothersAllowance) {
  for (int i = 0; i < 4; ++i) book("ada", 0s);
  EXPECT_EQ(book("bob", 0s), 0s);
}

TEST_F(AllowanceTest, ATurnThatIsGivenBackDoesNotCount) {
  for (int i = 0; i < 3; ++i) book("ada", 0s);
  allowance_.give_back("ada", Permit{kStart});
  EXPECT_EQ(allowance_.use("ada", kStart).burst, 2);
  EXPECT_EQ(book("ada", 0s), 0s);
  allowance_.give_back("nobody", Permit{kStart});
  EXPECT_EQ(allowance_.use("ada", kStart).window, 3);
}

TEST_F(AllowanceTest, WhatIsUsedIsCountedInBothWindows) {
  book("ada", 0s);
  book("ada", 15s);
  const auto use = allowance_.use("ada", kStart + 16s);
  EXPECT_EQ(use.burst, 1);
  EXPECT_EQ(use.window, 2);
  EXPECT_EQ(allowance_.use("nobody", kStart).window, 0);
}

TEST_F(AllowanceTest, WithoutLimitsNobodyIsTracked) {
  auto config = small();
  config.requests = 0;
  config.burst = 0;
  Allowance allowance(config);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(std::holds_alternative<Permit>(allowance.book("ada", kStart)));
  EXPECT_EQ(allowance.tracked_clients(), 0U);
}

TEST_F(AllowanceTest, AZeroSwitchesOneOfTheLimitsOff) {
  auto config = small();
  config.burst = 0;
  Allowance allowance(config);
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(std::holds_alternative<Permit>(allowance.book("ada", kStart)));
  EXPECT_TRUE(std::holds_alternative<NoPermit>(allowance.book("ada", kStart)));
}

TEST_F(AllowanceTest, WhoIsIdleIsForgottenToMakeRoom) {
  for (const auto* client : {"a", "b", "c"}) book(client, 0s);
  EXPECT_EQ(allowance_.active_clients(kStart), 3U);
  book("d", 61s);
  EXPECT_EQ(allowance_.tracked_clients(), 1U);
  EXPECT_EQ(allowance_.active_clients(kStart + 61s), 1U);
}

TEST_F(AllowanceTest, WhoHasUsedSomethingIsNotForgottenWhateverCrowdComes) {
  for (int i = 0; i < 3; ++i) book("ada", 0s);
  for (int i = 0; i < 1000; ++i) book("crowd" + std::to_string(i), 1s);
  EXPECT_LE(allowance_.tracked_clients(), 3U);
  EXPECT_FALSE(book("ada", 1s));
}

TEST_F(AllowanceTest, NewcomersWithoutAPlaceShareOneAllowanceAndCarryItOn) {
  for (const auto* client : {"a", "b", "c"}) book(client, 50s);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(book("d" + std::to_string(i), 55s), 55s);
  EXPECT_FALSE(book("d9", 55s)) << "the shared allowance is used up";
  EXPECT_EQ(allowance_.tracked_clients(), 3U);
  // At 111 s the three are idle and d0 gets a place of its own; what it started before still counts.
  EXPECT_EQ(book("d0", 111s), 111s);
  EXPECT_EQ(allowance_.use("d0", kStart + 111s).window, 4);
}

/// Random askers: whatever they do, no window ever holds more turns than allowed.
class AllowanceProperty : public ::testing::TestWithParam<unsigned> {};

TEST_P(AllowanceProperty, NoWindowHoldsMoreTurnsThanAllowed) {
  SCOPED_TRACE(GetParam());
  std::mt19937 random(GetParam());
  const auto config = small();
  Allowance allowance(config);
  std::unordered_map<std::string, std::vector<SteadyTime>> turns;
  auto now = kStart;
  for (int i = 0; i < 600; ++i) {
    now += std::chrono::milliseconds(random() % 4000);
    const std::string client(1, static_cast<char>('a' + random() % 7));
    const auto booked = allowance.book(client, now);
    const auto* turn = std::get_if<Permit>(&booked);
    if (turn == nullptr) continue;
    ASSERT_GE(turn->at, now);
    ASSERT_LE(turn->at - now, config.patience);
    if (random() % 5 == 0) {
      allowance.give_back(client, *turn);
      continue;
    }
    auto& own = turns[client];
    ASSERT_TRUE(own.empty() || own.back() <= turn->at) << "turns are given in order";
    own.push_back(turn->at);
  }
  const auto hold = [](const std::vector<SteadyTime>& own, int limit, std::chrono::milliseconds window) {
    for (std::size_t i = static_cast<std::size_t>(limit); i < own.size(); ++i) {
      EXPECT_GE(own[i] - own[i - static_cast<std::size_t>(limit)], window);
    }
  };
  for (const auto& [client, own] : turns) {
    hold(own, config.requests, config.window);
    hold(own, config.burst, config.burst_window);
  }
  EXPECT_LE(allowance.tracked_clients(), config.max_clients);
}

INSTANTIATE_TEST_SUITE_P(Seeds, AllowanceProperty, ::testing::Range(1U, 41U));

}  // namespace
}  // namespace holdfast::gateway
