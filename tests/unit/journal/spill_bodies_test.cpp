// Request bodies while the database is away: they go where their run goes, and are moved with it.
#include <gmock/gmock.h>

#include "tests/support/journal_writes.hpp"
#include "tests/support/spill_world.hpp"

namespace holdfast::journal {
namespace {

using namespace std::chrono_literals;

constexpr int kAll = 1000;

class SpilledBody : public ::testing::Test {
 protected:
  SpilledBody() { world_.open(); }

  void put(std::int64_t number, const std::string& bytes) {
    ASSERT_TRUE(world_.store().put_body_piece({"b", id_, number, bytes}));
  }

  testing::SpillWorld world_;
  RunId id_ = RunId::make();
};

TEST_F(SpilledBody, ComesIntoTheDatabaseWithItsRun) {
  world_.take_away();
  put(0, "one");
  put(1, "two");
  ASSERT_TRUE(world_.write(testing::new_run(id_)));
  EXPECT_EQ(world_.store().body_piece("b", 1).value(), "two") << "an attempt reads it meanwhile";
  world_.give_back();
  world_.wait_until_settled();
  const auto other = world_.other_instance();
  ASSERT_TRUE(other->find(id_).value());
  EXPECT_EQ(other->body_piece("b", 0).value(), "one");
  EXPECT_EQ(other->body_piece("b", 1).value(), "two");
  EXPECT_FALSE(other->body_piece("b", 2));
}

TEST_F(SpilledBody, MakesItsRunLocalThoughTheDatabaseIsBack) {
  world_.take_away();
  put(0, "one");
  ASSERT_TRUE(world_.write(testing::new_run(RunId::make()))) << "so that the database is known to be away";
  world_.give_back();
  world_.wait_until_settled();
  ASSERT_TRUE(world_.write(testing::new_run(id_)));
  EXPECT_FALSE(world_.other_instance()->find(id_).value()) << "nobody may take up a run whose body is elsewhere";
  world_.wait_until_settled();
  ASSERT_TRUE(world_.other_instance()->find(id_).value());
  EXPECT_EQ(world_.other_instance()->body_piece("b", 0).value(), "one");
}

TEST_F(SpilledBody, ThatWasBegunInTheDatabaseIsNotGoneOnWithElsewhere) {
  put(0, "one");
  world_.take_away();
  const auto put = world_.store().put_body_piece({"b", id_, 1, "two"});
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code(), ErrorCode::unavailable);
}

TEST_F(SpilledBody, IsMovedInStepsAndOnceThoughTheDatabaseGoesAwayInTheMiddle) {
  world_.take_away();
  for (int i = 0; i < 9; ++i) put(i, std::to_string(i));
  ASSERT_TRUE(world_.write(testing::new_run(id_)));
  world_.give_back();
  world_.database().lost_body_ack.arm(1);
  world_.wait_until_settled();
  const auto other = world_.other_instance();
  for (int i = 0; i < 9; ++i) EXPECT_EQ(other->body_piece("b", i).value(), std::to_string(i));
  EXPECT_TRUE(other->find(id_).value());
}

TEST_F(SpilledBody, IsForgottenHereOnceItIsThere) {
  world_.take_away();
  put(0, "one");
  ASSERT_TRUE(world_.write(testing::new_run(id_)));
  world_.give_back();
  world_.wait_until_settled();
  world_.wait(25h);
  while (world_.store().trim_bodies(24h, kAll).value() > 0) {
  }
  EXPECT_EQ(world_.count_locally("SELECT count(*) FROM request_pieces"), 0);
  EXPECT_EQ(world_.store().body_piece("b", 0).value(), "one") << "its run waits in the database";
}

TEST_F(SpilledBody, OfARunThatHasEndedHereIsNotMoved) {
  world_.take_away();
  put(0, "one");
  auto run = world_.write(testing::new_run(id_)).value().run;
  ASSERT_TRUE(world_.write(testing::SpillWorld::from(run, testing::cancellation_of_queued(id_))));
  world_.give_back();
  world_.wait_until_settled();
  EXPECT_EQ(world_.other_instance()->find(id_).value()->status, RunStatus::cancelled);
  EXPECT_FALSE(world_.other_instance()->body_piece("b", 0));
}

}  // namespace
}  // namespace holdfast::journal
