// Bodies of requests that are too large for a run's row: kept by the piece, until their run has ended.
#include "tests/contract/journal/store_contract.hpp"

namespace holdfast::journal {
namespace {

using namespace std::chrono_literals;
using ::testing::Eq;

constexpr int kAll = 1000;

std::string every_byte() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  return bytes;
}

TEST_P(StoreContractAlsoAway, ABodyComesBackByteForByte) {
  const auto run = RunId::make();
  const std::string large(200'000, '\xff');
  ASSERT_TRUE(store_->put_body_piece({"b", run, 0, every_byte()}));
  ASSERT_TRUE(store_->put_body_piece({"b", run, 1, large}));
  ASSERT_TRUE(store_->put_body_piece({"b", run, 2, ""}));
  accept(run);
  for (const bool opened_again : {false, true}) {
    if (opened_again) reopen();
    EXPECT_EQ(store_->body_piece("b", 0).value(), every_byte());
    EXPECT_TRUE(store_->body_piece("b", 1).value() == large);
    EXPECT_EQ(store_->body_piece("b", 2).value(), "");
    EXPECT_FALSE(store_->body_piece("b", 3));
  }
}

TEST_P(StoreContractAlsoAway, APieceThatIsWrittenAgainStaysAsItWas) {
  const auto run = RunId::make();
  ASSERT_TRUE(store_->put_body_piece({"b", run, 0, "first"}));
  ASSERT_TRUE(store_->put_body_piece({"b", run, 0, "again"}));
  EXPECT_EQ(store_->body_piece("b", 0).value(), "first");
}

TEST_P(StoreContractAlsoAway, ABodyIsDroppedInSteps) {
  const auto run = RunId::make();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(store_->put_body_piece({"b", run, i, "x"}));
  ASSERT_TRUE(store_->put_body_piece({"other", run, 0, "y"}));
  EXPECT_THAT(store_->drop_body("b", 3).value(), Eq(3));
  EXPECT_FALSE(store_->body_piece("b", 0)) << "the oldest go first";
  EXPECT_TRUE(store_->body_piece("b", 4));
  EXPECT_GT(store_->drop_body("b", 3).value(), 0);
  EXPECT_FALSE(store_->body_piece("b", 4));
  EXPECT_EQ(store_->body_piece("other", 0).value(), "y");
}

TEST_P(StoreContract, APieceWithoutTheOnesBeforeIsRefused) {
  EXPECT_THAT(store_->put_body_piece({"b", RunId::make(), 1, "x"}), FailsWith(ErrorCode::not_found));
  EXPECT_THAT(store_->body_piece("b", 1), FailsWith(ErrorCode::not_found));
  EXPECT_EQ(store_->drop_body("b", kAll).value(), 0);
}

TEST_P(StoreContract, ABodyStaysUntilItsRunHasEnded) {
  const auto id = accepted();
  ASSERT_TRUE(store_->put_body_piece({"b", id, 0, "x"}));
  pass(5ms);
  EXPECT_EQ(store_->trim_bodies(0ms, kAll).value(), 0) << "it waits";
  write(testing::start_of(id)).value();
  EXPECT_EQ(store_->trim_bodies(0ms, kAll).value(), 0) << "it runs";
  write(testing::loss_of(id)).value();
  EXPECT_EQ(store_->trim_bodies(0ms, kAll).value(), 0) << "it waits for another attempt";
  EXPECT_TRUE(store_->body_piece("b", 0));
  write(testing::start_of(id, 1)).value();
  write(testing::completion_of(id, 2)).value();
  EXPECT_GT(store_->trim_bodies(1h, kAll).value(), 0) << "whatever its age";
  EXPECT_FALSE(store_->body_piece("b", 0));
  EXPECT_EQ(store_->trim_bodies(0ms, kAll).value(), 0);
}

TEST_P(StoreContract, ABodyWithoutARunGoesWhenNobodyHasWrittenToItForLong) {
  const auto run = RunId::make();
  ASSERT_TRUE(store_->put_body_piece({"b", run, 0, "x"}));
  pass(60ms);
  ASSERT_TRUE(store_->put_body_piece({"b", run, 1, "y"}));
  EXPECT_EQ(store_->trim_bodies(50ms, kAll).value(), 0) << "it grows";
  EXPECT_TRUE(store_->body_piece("b", 0));
  pass(60ms);
  EXPECT_GT(store_->trim_bodies(50ms, kAll).value(), 0);
  EXPECT_FALSE(store_->body_piece("b", 1));
}

TEST_P(StoreContract, TheBodyOfADeletedRunGoesToo) {
  const auto id = completed();
  ASSERT_TRUE(store_->put_body_piece({"b", id, 0, "x"}));
  ASSERT_TRUE(store_->delete_thread("ann", "t1"));
  pass(5ms);
  EXPECT_GT(store_->trim_bodies(1ms, kAll).value(), 0);
  EXPECT_FALSE(store_->body_piece("b", 0));
}

TEST_P(StoreContract, AYoungBodyDoesNotHideOneThatIsOfNoUse) {
  ASSERT_TRUE(store_->put_body_piece({"young", RunId::make(), 0, "x"}));
  const auto id = completed();
  ASSERT_TRUE(store_->put_body_piece({"useless", id, 0, "x"}));
  EXPECT_GT(store_->trim_bodies(1h, kAll).value(), 0);
  EXPECT_TRUE(store_->body_piece("young", 0));
  EXPECT_FALSE(store_->body_piece("useless", 0));
}

}  // namespace
}  // namespace holdfast::journal
