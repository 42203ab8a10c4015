#include "runs/flights.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "runs/live_run.hpp"

namespace holdfast::runs {
namespace {

governor::ResultKey key_of(std::string_view prompt) { return governor::ResultKey::make({prompt, "", "", "", ""}); }

class FlightsTest : public ::testing::Test {
 protected:
  Flights::RunPtr run(std::string owner = "ada") {
    return std::make_shared<LiveRun>(io_.get_executor(),
                                     journal::Run{.id = RunId::make(), .owner = std::move(owner), .thread_id = "t"},
                                     SteadyTime());
  }

  asio::io_context io_;
  Flights flights_;
  RunId leader_ = RunId::make();
};

TEST_F(FlightsTest, OneRunComputesAndTheOthersWaitInTheirOrder) {
  EXPECT_FALSE(flights_.follow(key_of("q"), run())) << "nobody computes it";
  EXPECT_TRUE(flights_.begin(key_of("q"), leader_));
  EXPECT_FALSE(flights_.begin(key_of("q"), RunId::make()));
  EXPECT_TRUE(flights_.begin(key_of("other"), RunId::make()));
  const auto first = run();
  const auto second = run("bob");
  EXPECT_TRUE(flights_.follow(key_of("q"), first));
  EXPECT_TRUE(flights_.follow(key_of("q"), second));
  EXPECT_EQ(flights_.size(), 2U);
  EXPECT_EQ(flights_.waiting_of("bob"), 1U);
  EXPECT_EQ(flights_.waiting().size(), 2U);
  EXPECT_EQ(flights_.leader_of(second->run->id), leader_);
  EXPECT_EQ(flights_.land(key_of("q"), leader_), (std::vector{first, second}));
  EXPECT_EQ(flights_.size(), 0U);
  EXPECT_FALSE(flights_.leader_of(first->run->id));
  EXPECT_TRUE(flights_.begin(key_of("q"), first->run->id));
}

TEST_F(FlightsTest, OnlyItsLeaderEndsAFlight) {
  flights_.begin(key_of("q"), leader_);
  const auto follower = run();
  flights_.follow(key_of("q"), follower);
  EXPECT_TRUE(flights_.land(key_of("q"), follower->run->id).empty());
  EXPECT_TRUE(flights_.land(key_of("other"), leader_).empty());
  EXPECT_EQ(flights_.land(key_of("q"), leader_).size(), 1U);
}

TEST_F(FlightsTest, WhoLeavesIsNotGivenBack) {
  flights_.begin(key_of("q"), leader_);
  const auto leaves = run();
  const auto stays = run();
  flights_.follow(key_of("q"), leaves);
  flights_.follow(key_of("q"), stays);
  EXPECT_TRUE(flights_.remove(leaves->run->id));
  EXPECT_FALSE(flights_.remove(leaves->run->id));
  EXPECT_FALSE(flights_.remove(leader_));
  EXPECT_EQ(flights_.land(key_of("q"), leader_), std::vector{stays});
}

}  // namespace
}  // namespace holdfast::runs
