// Several runs in one worker.
#include <fstream>

#include "tests/contract/workers/pool_fixture.hpp"

namespace holdfast::workers {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Concurrency : public PoolFixture {
 protected:
  PoolConfig concurrent(int runs, const std::string& flags = "") const {
    auto config = scripted("--concurrent " + flags);
    config.concurrency = runs;
    return config;
  }
  Attempt named(int number, std::chrono::milliseconds allowed = kPatience) const {
    auto one = attempt("run " + std::to_string(number), allowed);
    one.run_id.back() = static_cast<char>('0' + number);
    return one;
  }
  void open_gate(int number) { std::ofstream(dir_ + "/" + named(number).run_id) << ""; }
  std::shared_ptr<Served> begin_named(int number, std::chrono::milliseconds allowed = kPatience) {
    return begin(named(number, allowed), stops_.emplace_back());
  }
  int runs() const { return pool_->status().workers[0].runs; }
  std::uint64_t starts() const { return pool_->status().workers[0].starts; }

  std::list<asio::cancellation_signal> stops_;
};

TEST_F(Concurrency, OneWorkerServesAsManyRunsAsItMay) {
  start(concurrent(3, "--gate " + dir_));
  const auto one = begin_named(1);
  const auto two = begin_named(2);
  const auto three = begin_named(3);
  EXPECT_TRUE(until([&] { return runs() == 3; }));
  EXPECT_FALSE(pool_->idle());
  EXPECT_FALSE(pool_->acquire());
  open_gate(2);
  EXPECT_TRUE(until([&] { return two->ended; }));
  EXPECT_EQ(answer_of(*two), R"({"result":"run 2"})");
  EXPECT_FALSE(one->ended);
  EXPECT_TRUE(pool_->idle()) << "a place is free";
  open_gate(1);
  open_gate(3);
  EXPECT_TRUE(until([&] { return one->ended && three->ended; }));
  EXPECT_TRUE(answered(*one));
  EXPECT_TRUE(answered(*three));
  EXPECT_EQ(starts(), 1U);
}

TEST_F(Concurrency, RunsGoToTheWorkerThatHasTheFewest) {
  auto config = concurrent(2);
  config.size = 2;
  start(config);
  EXPECT_TRUE(until([&] { return pool_->status().ready == 2; }));
  const auto one = acquire();
  const auto two = acquire();
  EXPECT_NE(one.worker_pid(), two.worker_pid());
  const auto three = acquire();
  const auto four = acquire();
  EXPECT_NE(three.worker_pid(), four.worker_pid());
  EXPECT_FALSE(pool_->acquire());
}

TEST_F(Concurrency, WhoIsToBeAloneIs) {
  start(concurrent(3));
  std::optional<Slot> shared(acquire());
  EXPECT_FALSE(pool_->acquire(Company::alone)) << "it has a run";
  EXPECT_FALSE(pool_->idle(Company::alone));
  shared.reset();
  const auto alone = pool_->acquire(Company::alone);
  ASSERT_TRUE(alone);
  EXPECT_FALSE(pool_->acquire()) << "nobody joins it";
}

TEST_F(Concurrency, ADeathInCompanyIsNobodysCrash) {
  start(concurrent(2, "--gate " + dir_));
  const auto one = begin_named(1);
  const auto two = begin_named(2);
  EXPECT_TRUE(until([&] { return runs() == 2; }));
  ::kill(pool_->status().workers[0].pid, SIGKILL);
  EXPECT_TRUE(until([&] { return one->ended && two->ended; }));
  for (const auto& served : {one, two}) {
    ASSERT_NE(lost(*served), nullptr);
    EXPECT_FALSE(lost(*served)->exited);
    EXPECT_THAT(lost(*served)->reason, HasSubstr("was killed by signal 9 (SIGKILL)"));
    EXPECT_THAT(lost(*served)->reason, HasSubstr("the next attempt is alone"));
  }
  open_gate(1);
  EXPECT_TRUE(answered(serve(named(1))));
  EXPECT_EQ(starts(), 2U);
}

TEST_F(Concurrency, ACancelOfOneLeavesTheOthersAndThenItsWorkerIsReplaced) {
  start(concurrent(3, "--gate " + dir_));
  const auto one = begin_named(1);
  const auto two = begin_named(2);
  EXPECT_TRUE(until([&] { return runs() == 2; }));
  stops_.front().emit(asio::cancellation_type::terminal);
  EXPECT_TRUE(until([&] { return one->ended; }));
  EXPECT_EQ(one->outcome.error().code(), ErrorCode::cancelled);
  EXPECT_FALSE(pool_->idle()) << "it takes no more";
  EXPECT_TRUE(pool_->status().workers[0].retiring);
  open_gate(2);
  EXPECT_TRUE(until([&] { return two->ended; }));
  EXPECT_TRUE(answered(*two));
  EXPECT_TRUE(until([&] { return starts() == 2 && pool_->status().ready == 1; }));
  EXPECT_EQ(pool_->status().last_failure, "");
}

TEST_F(Concurrency, ADeadlineOfOneLeavesTheOthers) {
  start(concurrent(2, "--gate " + dir_));
  const auto two = begin_named(2);
  const auto one = begin_named(1, 100ms);
  EXPECT_TRUE(until([&] { return one->ended; }));
  EXPECT_EQ(one->outcome.error().code(), ErrorCode::deadline_exceeded);
  EXPECT_FALSE(two->ended);
  open_gate(2);
  EXPECT_TRUE(until([&] { return two->ended; }));
  EXPECT_TRUE(answered(*two));
  EXPECT_TRUE(until([&] { return starts() == 2 && pool_->status().ready == 1; }));
}

TEST_F(Concurrency, GivingUpOneTakesTheOthersWithItWithoutTheirFault) {
  start(concurrent(2, "--gate " + dir_));
  const auto one = begin_named(1);
  const auto two = begin_named(2);
  EXPECT_TRUE(until([&] { return runs() == 2; }));
  EXPECT_TRUE(pool_->give_up_run(named(2).run_id, {R"({"used_bytes":1})", true}));
  EXPECT_TRUE(until([&] { return one->ended && two->ended; }));
  ASSERT_NE(lost(*one), nullptr);
  ASSERT_NE(lost(*two), nullptr);
  ASSERT_TRUE(lost(*one)->given_up);
  ASSERT_TRUE(lost(*two)->given_up);
  EXPECT_FALSE(lost(*one)->given_up->counts_as_crash);
  EXPECT_TRUE(lost(*two)->given_up->counts_as_crash);
}

TEST_F(Concurrency, ARecycleWaitsForAllOfThem) {
  start(concurrent(2, "--gate " + dir_));
  const auto one = begin_named(1);
  const auto two = begin_named(2);
  EXPECT_TRUE(until([&] { return runs() == 2; }));
  pool_->recycle(1, false);
  open_gate(1);
  EXPECT_TRUE(until([&] { return one->ended; }));
  EXPECT_FALSE(pool_->acquire());
  EXPECT_EQ(starts(), 1U);
  open_gate(2);
  EXPECT_TRUE(until([&] { return two->ended; }));
  EXPECT_TRUE(answered(*one) && answered(*two));
  EXPECT_TRUE(until([&] { return starts() == 2 && pool_->status().ready == 1; }));
}

}  // namespace
}  // namespace holdfast::workers
