#include "runs/run_queue.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "runs/live_run.hpp"

namespace holdfast::runs {
namespace {

class RunQueueTest : public ::testing::Test {
 protected:
  std::shared_ptr<LiveRun> run() {
    return std::make_shared<LiveRun>(io_.get_executor(), journal::Run{.id = RunId::make()}, SteadyTime{});
  }
  asio::io_context io_;
  RunQueue queue_;
};

TEST_F(RunQueueTest, FirstComeIsFirstServed) {
  const auto first = run();
  const auto second = run();
  queue_.push_back(first);
  queue_.push_back(second);
  EXPECT_EQ(queue_.position(second->run->id), 2);
  EXPECT_EQ(queue_.pop(), first);
  EXPECT_EQ(queue_.position(second->run->id), 1);
  EXPECT_EQ(queue_.pop(), second);
  EXPECT_EQ(queue_.pop(), nullptr);
}

TEST_F(RunQueueTest, ARunThatLostItsAttemptKeepsItsTurn) {
  const auto later = run();
  const auto retried = run();
  queue_.push_back(later);
  queue_.push_front(retried);
  EXPECT_EQ(queue_.pop(), retried);
}

TEST_F(RunQueueTest, RemovingWhatIsNotThereSaysSo) {
  const auto waiting = run();
  queue_.push_back(waiting);
  EXPECT_FALSE(queue_.remove(RunId::make()));
  EXPECT_TRUE(queue_.remove(waiting->run->id));
  EXPECT_FALSE(queue_.position(waiting->run->id));
  EXPECT_EQ(queue_.size(), 0U);
}

}  // namespace
}  // namespace holdfast::runs
