#include "governor/preemption.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace holdfast::governor {
namespace {

using namespace std::chrono_literals;

constexpr Bytes megabytes(std::uint64_t count) { return Bytes(count * 1024 * 1024); }

class PreemptionTest : public ::testing::Test {
 protected:
  PreemptionTest() {
    input_.used = megabytes(485);
    input_.limit = megabytes(512);
    input_.least_used = megabytes(100);
  }

  PreemptionRun& run(int worker, std::uint64_t held, std::chrono::seconds started_at) {
    runs_.push_back(
        PreemptionRun{RunId::make(), worker, SteadyTime(started_at), megabytes(held), megabytes(held), true});
    return runs_.back();
  }
  std::string told() {
    input_.running = runs_;
    victim_ = choose_victim(input_);
    return victim_ ? std::to_string(victim_->worker) + " " + std::string(to_string(victim_->cause)) : "none";
  }

  PreemptionInput input_;
  std::vector<PreemptionRun> runs_;
  std::optional<Preemption> victim_;
};

TEST_F(PreemptionTest, TheRunOfTheBiggestWorkerGoes) {
  run(1, 100, 10s);
  run(2, 250, 5s);
  run(3, 90, 20s);
  EXPECT_EQ(told(), "2 emergency");
  EXPECT_EQ(victim_->run, runs_[1].run);
  EXPECT_EQ(victim_->worker_held, megabytes(250));
  EXPECT_EQ(victim_->used, megabytes(485));
}

TEST_F(PreemptionTest, OfOneWorkersRunsTheNewest) {
  run(1, 250, 10s);
  run(1, 250, 20s);
  run(1, 250, 15s);
  EXPECT_EQ(told(), "1 emergency");
  EXPECT_EQ(victim_->run, runs_[1].run);
}

TEST_F(PreemptionTest, OneThatCannotBeTriedAgainIsSpared) {
  run(1, 300, 10s).retriable = false;
  run(2, 50, 20s);
  EXPECT_EQ(told(), "2 emergency");
}

TEST_F(PreemptionTest, ThoseThatCannotBeTriedAgainGoOnlyWhenTheLimitIsAboutToBePassed) {
  run(1, 300, 10s).retriable = false;
  run(2, 50, 20s).retriable = false;
  EXPECT_EQ(told(), "none");
  input_.speculative = megabytes(27);
  EXPECT_EQ(told(), "1 emergency");
  EXPECT_FALSE(victim_->retriable);
}

TEST_F(PreemptionTest, BelowAnEmergencyOnlyWhatTheNextTickWouldTakeCounts) {
  input_.used = megabytes(412);
  run(1, 100, 10s);
  run(2, 200, 5s);
  EXPECT_EQ(told(), "none");
  input_.speculative = megabytes(99);
  EXPECT_EQ(told(), "none");
  input_.speculative = megabytes(100);
  EXPECT_EQ(told(), "2 predicted");
}

TEST_F(PreemptionTest, TheOnlyRunIsLeftAloneAlsoAtAnEmergency) {
  run(1, 385, 10s);
  EXPECT_EQ(told(), "none");
}

TEST_F(PreemptionTest, UnlessItOutgrowsTheWholeLimit) {
  run(1, 385, 10s);
  input_.growth = megabytes(8);
  EXPECT_EQ(told(), "none");
  input_.growth = megabytes(9);
  EXPECT_EQ(told(), "1 exceeds_limit");
  EXPECT_EQ(victim_->expected, megabytes(27));
}

// 200 MB/s. The next tick would be the last below the limit, and its kill would come too late.
TEST_F(PreemptionTest, ASteadySpikeIsGivenUpBeforeTheTickThatWouldBeTooLate) {
  run(1, 400, 10s);
  input_.used = megabytes(482);
  input_.growth = megabytes(20);
  EXPECT_EQ(told(), "1 exceeds_limit");
}

TEST_F(PreemptionTest, IfOthersHoldTheMemoryItIsNotSaidToBeItsFault) {
  run(1, 385, 10s).grown = megabytes(100);
  input_.growth = megabytes(9);
  EXPECT_EQ(told(), "1 emergency");
}

TEST_F(PreemptionTest, ASpikeFarBelowTheLimitDoesNotCostTheOnlyRunItsAttempt) {
  run(1, 309, 10s);
  input_.used = megabytes(409);
  input_.growth = megabytes(309);
  EXPECT_EQ(told(), "none");
}

TEST_F(PreemptionTest, ARunThatWasGivenUpTwiceIsSparedWhileThereIsAnother) {
  run(1, 300, 10s).given_up_before = 1;
  run(2, 50, 20s);
  EXPECT_EQ(told(), "1 emergency");
  runs_[0].given_up_before = 2;
  EXPECT_EQ(told(), "2 emergency");
  runs_[1].given_up_before = 2;
  EXPECT_EQ(told(), "1 emergency");
}

TEST_F(PreemptionTest, NobodyGoesWhereEvenAnIdleServerPassesTheLimit) {
  input_.used = megabytes(600);
  input_.growth = megabytes(20);
  run(1, 50, 10s);
  input_.least_used = megabytes(511);
  EXPECT_NE(told(), "none");
  input_.least_used = megabytes(512);
  EXPECT_EQ(told(), "none");
}

TEST_F(PreemptionTest, OneAtATime) {
  run(1, 100, 10s);
  run(2, 250, 5s);
  input_.one_is_dying = true;
  EXPECT_EQ(told(), "none");
}

TEST_F(PreemptionTest, WithNothingRunningNothingIsGivenUp) { EXPECT_EQ(told(), "none"); }

}  // namespace
}  // namespace holdfast::governor
