// The states of conversations that workers keep.
#include "tests/contract/journal/thread_checkpoint_contract.hpp"

namespace holdfast::journal {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

CheckpointPlace place(std::string id, std::string thread_id = "t1", std::string owner = "ann", std::string space = "") {
  return {std::move(owner), std::move(thread_id), std::move(space), std::move(id)};
}

ThreadCheckpoint checkpoint_at(CheckpointPlace at, std::string metadata = "{}") {
  ThreadCheckpoint checkpoint;
  checkpoint.place = std::move(at);
  checkpoint.metadata = std::move(metadata);
  checkpoint.state = R"({"n":1.50})";
  return checkpoint;
}

std::vector<std::string> names(const ThreadCheckpointPage& page) {
  std::vector<std::string> names;
  for (const auto& one : page.checkpoints) names.push_back(one.place.thread_id + one.place.space + one.place.id);
  return names;
}

TEST_P(ThreadCheckpointContract, WhatWasPutIsReadBackAfterAReopening) {
  auto checkpoint = checkpoint_at(place("2", "t1", "ann", "child"), R"({"source":"loop"})");
  checkpoint.parent_id = "1";
  ASSERT_TRUE(put(checkpoint));
  ASSERT_TRUE(put_writes(checkpoint.place, {{"b", 0, "2"}, {"a", 1, "1"}, {"a", -1, R"("e")"}}));
  reopen();
  const auto page = list();
  ASSERT_EQ(page.checkpoints.size(), 1U);
  const auto& read = page.checkpoints[0];
  EXPECT_FALSE(page.more);
  EXPECT_EQ(read.place.space, "child");
  EXPECT_EQ(read.parent_id, "1");
  EXPECT_EQ(read.metadata, R"({"source":"loop"})");
  EXPECT_EQ(read.state, R"({"n":1.50})");
  EXPECT_GT(read.created_at, 0);
  ASSERT_EQ(read.writes.size(), 3U);
  EXPECT_EQ(read.writes[0].task + read.writes[0].value, R"(a"e")");
  EXPECT_EQ(read.writes[1].task + read.writes[1].value, "a1");
  EXPECT_EQ(read.writes[2].task + read.writes[2].value, "b2");
}

TEST_P(ThreadCheckpointContract, ASecondPutReplacesAndASecondWriteOfAStepDoesNot) {
  auto checkpoint = checkpoint_at(place("1"));
  ASSERT_TRUE(put(checkpoint));
  checkpoint.state = "2";
  ASSERT_TRUE(put(checkpoint));
  ASSERT_TRUE(put_writes(checkpoint.place, {{"a", 0, "1"}, {"a", -1, "1"}}));
  ASSERT_TRUE(put_writes(checkpoint.place, {{"a", 0, "2"}, {"a", -1, "2"}}));
  const auto page = list();
  ASSERT_EQ(page.checkpoints.size(), 1U);
  EXPECT_EQ(page.checkpoints[0].state, "2");
  EXPECT_EQ(page.checkpoints[0].writes.at(0).value, "2");
  EXPECT_EQ(page.checkpoints[0].writes.at(1).value, "1");
}

TEST_P(ThreadCheckpointContract, APartIsStoredOnceAndReadWithEveryCheckpointThatNamesItsVersion) {
  auto first = checkpoint_at(place("1"));
  first.parts = {{"b", "1", "[1]"}, {"a", "1", "[2]"}};
  ASSERT_TRUE(put(first));
  auto second = checkpoint_at(place("2"));
  second.parts = {{"a", "1", std::nullopt}, {"b", "2", "[3]"}, {"c", "9", std::nullopt}};
  ASSERT_TRUE(put(second));
  auto third = checkpoint_at(place("3"));
  third.parts = {{"a", "1", "[4]"}};
  ASSERT_TRUE(put(third));
  const auto values = [](const ThreadCheckpoint& read) {
    std::string all;
    for (const auto& part : read.parts) all += part.name + part.version + part.value.value_or("-");
    return all;
  };
  const auto page = list();
  ASSERT_EQ(page.checkpoints.size(), 3U);
  EXPECT_EQ(values(page.checkpoints[0]), "a1[2]");
  EXPECT_EQ(values(page.checkpoints[1]), "a1[2]b2[3]");
  EXPECT_EQ(values(page.checkpoints[2]), "a1[2]b1[1]");
  EXPECT_EQ(store_->delete_thread_checkpoints("ann", "t1").value(), 3);
  ASSERT_TRUE(put(second));
  EXPECT_EQ(values(list().checkpoints.at(0)), "b2[3]");
}

TEST_P(ThreadCheckpointContract, PartsCountForTheUserOnceAndForAPageEachTime) {
  auto checkpoint = checkpoint_at(place("1"));
  checkpoint.parts = {{"a", "1", '"' + std::string(5 << 20, 'x') + '"'}};
  const ThreadCheckpointLimits limits{.user_bytes = 6 << 20};
  for (const auto* id : {"1", "2", "3"}) {
    checkpoint.place.id = id;
    ASSERT_TRUE(put(checkpoint, limits));
  }
  EXPECT_EQ(list().checkpoints.size(), 1U);
  checkpoint.parts[0].version = "2";
  EXPECT_THAT(put(checkpoint, limits), FailsWith(ErrorCode::failed_precondition));
}

TEST_P(ThreadCheckpointContract, AListIsNewestFirstAndTakesOnlyWhatIsAskedFor) {
  for (const auto* id : {"1", "3", "2"}) ASSERT_TRUE(put(checkpoint_at(place(id))));
  ASSERT_TRUE(put(checkpoint_at(place("4", "t2"), R"({"source":"loop","step":1,"done":true})")));
  ASSERT_TRUE(put(checkpoint_at(place("5", "t1", "ann", "x"), R"({"source":"input","step":10})")));
  ASSERT_TRUE(put(checkpoint_at(place("9", "t1", "bob"))));
  EXPECT_THAT(names(list()), ElementsAre("t1x5", "t24", "t13", "t12", "t11"));
  EXPECT_THAT(names(list({.thread_id = "t1"})), ElementsAre("t1x5", "t13", "t12", "t11"));
  EXPECT_THAT(names(list({.thread_id = "t1", .space = ""})), ElementsAre("t13", "t12", "t11"));
  EXPECT_THAT(names(list({.thread_id = "t1", .space = "", .id = "2"})), ElementsAre("t12"));
  EXPECT_THAT(names(list({.before = "3"})), ElementsAre("t12", "t11"));
  EXPECT_THAT(names(list({.members = R"({"source":"loop"})"})), ElementsAre("t24"));
  EXPECT_THAT(names(list({.members = R"({"step":1})"})), ElementsAre("t24"));
  EXPECT_THAT(names(list({.members = R"({"step":1,"done":true})"})), ElementsAre("t24"));
  EXPECT_THAT(names(list({.members = R"({"step":1,"done":1})"})), IsEmpty());
  EXPECT_THAT(names(list({.members = R"({"step":"1"})"})), IsEmpty());
  EXPECT_EQ(list({.members = "{}"}).checkpoints.size(), 5U);
  EXPECT_THAT(names(list({.thread_id = "t3"})), IsEmpty());
}

TEST_P(ThreadCheckpointContract, PagesFollowEachOtherAlsoWhereIdsAreEqual) {
  for (const auto* thread : {"t1", "t2", "t3"}) {
    for (const auto* space : {"", "x"}) ASSERT_TRUE(put(checkpoint_at(place("1", thread, "ann", space))));
  }
  ThreadCheckpointFilter filter{.limit = 2};
  std::vector<std::string> all;
  for (bool more = true; more;) {
    const auto page = list(filter);
    ASSERT_FALSE(page.checkpoints.empty());
    for (auto& name : names(page)) all.push_back(name);
    filter.after = page.checkpoints.back().place;
    more = page.more;
  }
  EXPECT_THAT(all, ElementsAre("t3x1", "t31", "t2x1", "t21", "t1x1", "t11"));
}

TEST_P(ThreadCheckpointContract, APageEndsEarlyWhenItIsLarge) {
  auto large = checkpoint_at(place("1"));
  large.state = '"' + std::string(5 << 20, 'x') + '"';
  for (const auto* id : {"1", "2", "3"}) {
    large.place.id = id;
    ASSERT_TRUE(put(large));
  }
  const auto page = list();
  EXPECT_EQ(page.checkpoints.size(), 1U);
  EXPECT_TRUE(page.more);
}

TEST_P(ThreadCheckpointContract, PastALimitAWriteIsRefusedAndNothingIsChanged) {
  ASSERT_TRUE(put(checkpoint_at(place("1"))));
  EXPECT_THAT(put(checkpoint_at(place("2")), {.per_thread = 1}), FailsWith(ErrorCode::failed_precondition));
  EXPECT_TRUE(put(checkpoint_at(place("1")), {.per_thread = 1}));
  EXPECT_TRUE(put(checkpoint_at(place("2", "t2")), {.per_thread = 1}));
  EXPECT_THAT(put(checkpoint_at(place("3")), {.user_bytes = 30}), FailsWith(ErrorCode::failed_precondition));
  EXPECT_TRUE(put(checkpoint_at(place("3", "t1", "bob")), {.user_bytes = 30}));
  EXPECT_THAT(put_writes(place("1"), {{"a", 0, "123456789"}}, {.writes_bytes = 8}),
              FailsWith(ErrorCode::failed_precondition));
  EXPECT_TRUE(put_writes(place("1"), {{"a", 0, "12345678"}}, {.writes_bytes = 8}));
  EXPECT_THAT(names(list()), ElementsAre("t22", "t11"));
  // What was deleted counts no more.
  EXPECT_EQ(store_->delete_thread_checkpoints("ann", "t1").value(), 1);
  EXPECT_EQ(store_->delete_thread_checkpoints("ann", "t2").value(), 1);
  EXPECT_TRUE(put(checkpoint_at(place("4")), {.per_thread = 1, .user_bytes = 30}));
}

TEST_P(ThreadCheckpointContract, ATextThatNoJournalHoldsIsRefused) {
  auto bad = checkpoint_at(place("1"));
  bad.state = "\"\xff\"";
  EXPECT_THAT(put(bad), FailsWith(ErrorCode::invalid_argument));
  EXPECT_THAT(put(checkpoint_at(place("1"), R"({"a":"\u0000"})")), FailsWith(ErrorCode::invalid_argument));
  EXPECT_THAT(put_writes(place("1"), {{std::string("a\0", 2), 0, "1"}}), FailsWith(ErrorCode::invalid_argument));
  EXPECT_THAT(names(list()), IsEmpty());
}

TEST_P(ThreadCheckpointContract, DeletingThoseOfAThreadLeavesTheOthers) {
  ASSERT_TRUE(put(checkpoint_at(place("1"))));
  ASSERT_TRUE(put_writes(place("1"), {{"a", 0, "1"}}));
  ASSERT_TRUE(put(checkpoint_at(place("1", "t2"))));
  ASSERT_TRUE(put(checkpoint_at(place("1", "t1", "bob"))));
  EXPECT_EQ(store_->delete_thread_checkpoints("ann", "t1").value(), 1);
  EXPECT_EQ(store_->delete_thread_checkpoints("ann", "t1").value(), 0);
  EXPECT_THAT(names(list()), ElementsAre("t21"));
  EXPECT_THAT(names(list({.owner = "bob"})), ElementsAre("t11"));
  ASSERT_TRUE(put(checkpoint_at(place("1"))));
  EXPECT_THAT(list({.thread_id = "t1"}).checkpoints.at(0).writes, IsEmpty());
}

TEST_P(ThreadCheckpointContract, RetirementTakesThreadsThatWereLeftAloneUnlessARunOfThemIsKept) {
  completed();
  ASSERT_TRUE(put(checkpoint_at(place("1"))));
  ASSERT_TRUE(put(checkpoint_at(place("1", "t2"))));
  EXPECT_EQ(store_->retire_thread_checkpoints(milliseconds(60'000), 10).value(), 0);
  pass(milliseconds(10));
  EXPECT_EQ(store_->retire_thread_checkpoints(milliseconds(5), 0).value(), 0);
  EXPECT_EQ(store_->retire_thread_checkpoints(milliseconds(5), 10).value(), 1);
  EXPECT_THAT(names(list()), ElementsAre("t11"));
}

}  // namespace
}  // namespace holdfast::journal
