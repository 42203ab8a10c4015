#include "tests/contract/runs/coordinator_harness.hpp"

namespace holdfast::testing {
namespace {

using enum EntryKind;
using Kinds = std::vector<EntryKind>;

TEST_F(CoordinatorTest, ARunIsAcceptedStartedAndCompleted) {
  auto& live = serve();
  const auto accepted = live.submit(id_, "hello");
  ASSERT_TRUE(accepted) << accepted.error().message();
  EXPECT_FALSE(accepted->joined);
  const auto run = live.finish(id_);
  EXPECT_EQ(run.status, RunStatus::completed);
  EXPECT_EQ(run.attempt, 1);
  EXPECT_EQ(find_string(*parse_json_object(run.result), "result"), "hello");
  EXPECT_TRUE(run.started_at && run.finished_at);
  EXPECT_NE(find_object(*parse_json_object(run.usage), "timing_ms"), nullptr);
  EXPECT_EQ(live.history(id_), (Kinds{EntryKind::accepted, started, completed}));
}

TEST_F(CoordinatorTest, ProgressAndCheckpointsAreInTheJournalInTheirOrder) {
  auto& live = serve("--stream --steps 2");
  ASSERT_TRUE(live.submit(id_));
  live.finish(id_);
  const auto kinds = live.history(id_);
  ASSERT_EQ(kinds.size(), 7U);
  EXPECT_EQ(kinds[2], progress);
  EXPECT_EQ(kinds[3], checkpoint);
  EXPECT_EQ(kinds.back(), completed);
}

TEST_F(CoordinatorTest, ASecondSubmissionJoinsAndNeverStartsAgain) {
  auto& live = serve("--sleep-ms 100");
  ASSERT_TRUE(live.submit(id_));
  const auto again = live.submit(id_);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->joined);
  live.finish(id_);
  const auto later = live.submit(id_);
  ASSERT_TRUE(later);
  EXPECT_TRUE(later->joined);
  EXPECT_EQ(later->run.status, RunStatus::completed);
  EXPECT_EQ(live.history(id_), (Kinds{EntryKind::accepted, started, completed}));
}

TEST_F(CoordinatorTest, TheSameIdWithAnotherPayloadIsRefused) {
  auto& live = serve();
  ASSERT_TRUE(live.submit(id_, "one"));
  const auto other = live.submit(id_, "two");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), ErrorCode::failed_precondition);
  EXPECT_EQ(live.finish(id_).prompt, "one");
}

TEST_F(CoordinatorTest, AnotherOwnerSeesNothingAndCannotTakeTheId) {
  auto& live = serve();
  ASSERT_TRUE(live.submit(id_, "hello", "ada"));
  const auto seen = live.await(live.coordinator().find("bob", id_));
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code(), ErrorCode::not_found);
  EXPECT_FALSE(live.submit(id_, "hello", "bob"));
  EXPECT_EQ(live.await(live.coordinator().cancel("bob", id_)).error().code(), ErrorCode::not_found);
  EXPECT_EQ(live.await(live.coordinator().acknowledge("bob", id_)).error().code(), ErrorCode::not_found);
  live.finish(id_);
}

TEST_F(CoordinatorTest, AWaitingRunIsCancelledBeforeItStarts) {
  auto& live = serve_without_workers();
  const auto accepted = live.submit(id_);
  ASSERT_TRUE(accepted);
  const auto place = live.coordinator().queue_place(accepted->run);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->reason, "workers_starting");
  EXPECT_EQ(place->position, 1);
  const auto run = live.await(live.coordinator().cancel("ada", id_));
  ASSERT_TRUE(run);
  EXPECT_EQ(run->status, RunStatus::cancelled);
  EXPECT_EQ(live.history(id_), (Kinds{EntryKind::accepted, cancelled}));
  const auto again = live.await(live.coordinator().cancel("ada", id_));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::failed_precondition);
}

TEST_F(CoordinatorTest, CancellingARunningRunStopsItsWorkerAndWorkGoesOn) {
  auto& live = serve("--no-answer --once " + (directory_ / "once"));
  ASSERT_TRUE(live.submit(id_));
  live.run_until([&] { return live.coordinator().status().running == 1; });
  const auto run = live.await(live.coordinator().cancel("ada", id_));
  ASSERT_TRUE(run);
  EXPECT_EQ(run->status, RunStatus::cancelled);
  EXPECT_EQ(live.history(id_), (Kinds{EntryKind::accepted, started, cancelled}));
  for (int i = 0; i < 4; ++i) {
    const auto next = RunId::make();
    ASSERT_TRUE(live.submit(next));
    EXPECT_EQ(live.finish(next).status, RunStatus::completed);
  }
}

TEST_F(CoordinatorTest, ARunPastItsDeadlineExpiresAndSaysWhy) {
  auto& live = serve("--no-answer", {.run_deadline = 50ms});
  ASSERT_TRUE(live.submit(id_));
  const auto run = live.finish(id_);
  EXPECT_EQ(run.status, RunStatus::expired);
  EXPECT_NE(run.error.find("runs.deadline"), std::string::npos);
}

TEST_F(CoordinatorTest, ARunThatNobodyTakesUpExpires) {
  auto& live = serve_without_workers("", {.queue_deadline = 1ms});
  ASSERT_TRUE(live.submit(id_));
  EXPECT_EQ(live.finish(id_).status, RunStatus::expired);
}

TEST_F(CoordinatorTest, AFullQueueRefusesNewRunsAndStillJoinsKnownOnes) {
  auto& live = serve_without_workers("", {.queue_limit = 1});
  ASSERT_TRUE(live.submit(id_));
  const auto refused = live.submit(RunId::make());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::resource_exhausted);
  EXPECT_TRUE(live.submit(id_)->joined);
}

TEST_F(CoordinatorTest, AnAcknowledgedRunLeavesTheInbox) {
  auto& live = serve();
  ASSERT_TRUE(live.submit(id_));
  live.finish(id_);
  const journal::RunFilter inbox{.owner = "ada", .only_undelivered = true};
  EXPECT_EQ(live.await(live.coordinator().list(inbox))->size(), 1U);
  EXPECT_TRUE(live.await(live.coordinator().acknowledge("ada", id_)));
  EXPECT_TRUE(live.await(live.coordinator().acknowledge("ada", id_))) << "idempotent";
  EXPECT_TRUE(live.await(live.coordinator().list(inbox))->empty());
  EXPECT_EQ(live.history(id_), (Kinds{EntryKind::accepted, started, completed, delivered}));
}

TEST_F(CoordinatorTest, AnUnfinishedRunCannotBeAcknowledged) {
  auto& live = serve_without_workers();
  ASSERT_TRUE(live.submit(id_));
  const auto acknowledged = live.await(live.coordinator().acknowledge("ada", id_));
  ASSERT_FALSE(acknowledged);
  EXPECT_EQ(acknowledged.error().code(), ErrorCode::failed_precondition);
}

TEST_F(CoordinatorTest, WaitingPastASequenceNumberWakesWithTheNextEntry) {
  auto& live = serve_without_workers();
  const auto accepted = live.submit(id_);
  ASSERT_TRUE(accepted);
  const auto deadline = system_clock().steady() + 30s;
  const auto unchanged = live.await(live.coordinator().wait_past("ada", id_, 1, system_clock().steady()));
  EXPECT_EQ(unchanged->last_seq, 1);
  live.start_workers();
  const auto next = live.await(live.coordinator().wait_past("ada", id_, 1, deadline));
  ASSERT_TRUE(next);
  EXPECT_GT(next->last_seq, 1);
}

}  // namespace
}  // namespace holdfast::testing
