#include <algorithm>

#include "tests/contract/runs/coordinator_harness.hpp"

namespace holdfast::testing {
namespace {

using Kinds = std::vector<EntryKind>;
using enum EntryKind;

int count(const Kinds& kinds, EntryKind kind) { return static_cast<int>(std::ranges::count(kinds, kind)); }

TEST_F(CoordinatorTest, NothingIsDispatchedBeforeItsStartIsDurable) {
  auto& live = serve_without_workers("--sleep-ms 200");
  const auto dispatched = [&] {
    return std::ranges::any_of(live.pool().status().workers, [](const auto& worker) { return !worker.run_id.empty(); });
  };
  ASSERT_TRUE(live.submit(id_));
  live.store().gate.close();
  live.start_workers();
  live.run_until([&] { return live.pool().status().ready == 1; });
  // The worker has become idle, the run has been given to it, and its start stands before the closed gate.
  int turns = 0;
  live.run_until([&] { return ++turns > 20; });
  live.store().gate.await_arrival();
  EXPECT_FALSE(dispatched());
  live.store().gate.open();
  live.run_until(dispatched);
  EXPECT_EQ(live.finish(id_).status, RunStatus::completed);
}

TEST_F(CoordinatorTest, ADeadWorkerCostsAnAttemptAndTheNextOneAnswers) {
  auto& live = serve("--die --once " + (directory_ / "once"));
  ASSERT_TRUE(live.submit(id_));
  const auto run = live.finish(id_);
  EXPECT_EQ(run.status, RunStatus::completed);
  EXPECT_EQ(run.attempt, 2);
  EXPECT_EQ(run.crashes, 1);
  EXPECT_EQ(live.history(id_), (Kinds{EntryKind::accepted, started, attempt_lost, started, completed}));
}

TEST_F(CoordinatorTest, TheNextAttemptGoesOnFromTheCheckpoint) {
  auto& live = serve("--stream --steps 4 --report --die-mid-answer --once " + (directory_ / "once"));
  ASSERT_TRUE(live.submit(id_));
  const auto run = live.finish(id_);
  EXPECT_EQ(run.status, RunStatus::completed);
  const auto result = parse_json_object(run.result);
  ASSERT_TRUE(result);
  EXPECT_NE(result->if_contains("checkpoint"), nullptr) << run.result;
  EXPECT_FALSE(result->at("checkpoint").is_null()) << run.result;
}

TEST_F(CoordinatorTest, ARunThatKillsEveryWorkerIsSealedWithTheEvidence) {
  auto& live = serve("--die", {.retry = {.max_crashes = 3, .backoff = {1ms, 2ms}}});
  ASSERT_TRUE(live.submit(id_));
  const auto run = live.finish(id_);
  EXPECT_EQ(run.status, RunStatus::failed);
  EXPECT_EQ(run.crashes, 3);
  const auto error = parse_json_object(run.error);
  ASSERT_TRUE(error);
  const auto* evidence = find_object(*error, "evidence");
  ASSERT_NE(evidence, nullptr) << run.error;
  EXPECT_EQ(find_int(*evidence, "signal"), 9);
  EXPECT_EQ(count(live.history(id_), failed), 1);
}

TEST_F(CoordinatorTest, AWorkerThatBreaksItsProtocolEveryTimeIsGivenUpAfterThree) {
  auto& live = serve("--invalid-line", {.retry = {.max_crashes = 3, .backoff = {1ms, 2ms}}});
  ASSERT_TRUE(live.submit(id_));
  const auto run = live.finish(id_);
  EXPECT_EQ(run.status, RunStatus::failed);
  EXPECT_EQ(run.attempt, 3);
  EXPECT_NE(run.error.find("worker_broke_protocol"), std::string::npos) << run.error;
  EXPECT_EQ(run.error.find("memory"), std::string::npos) << run.error;
}

TEST_F(CoordinatorTest, AnAnswerThatCannotBeWrittenIsKeptUntilItCan) {
  auto& live = serve("--sleep-ms 100");
  ASSERT_TRUE(live.submit(id_));
  live.run_until([&] { return live.coordinator().status().running == 1; });
  live.store().disk_full.arm(5);
  const auto run = live.finish(id_);
  EXPECT_EQ(run.status, RunStatus::completed);
  EXPECT_EQ(run.attempt, 1) << "the answer was not lost, so the work was not repeated";
}

const Kinds kKept{EntryKind::accepted, started, response, piece, completed};

TEST_F(CoordinatorTest, AResponseThatCannotBeWrittenIsKeptUntilItCan) {
  auto& live = serve("--sleep-ms 100");
  ASSERT_TRUE(live.submit_kept(id_));
  live.run_until([&] { return live.coordinator().status().running == 1; });
  live.store().disk_full.arm(3);
  EXPECT_EQ(live.finish(id_).status, RunStatus::completed);
  EXPECT_EQ(live.history(id_), kKept);
}

TEST_F(CoordinatorTest, APartOfAResponseWhoseAcknowledgementWasLostIsKeptOnce) {
  auto& live = serve("--sleep-ms 100");
  ASSERT_TRUE(live.submit_kept(id_));
  live.run_until([&] { return live.coordinator().status().running == 1; });
  live.store().lost_ack.arm(2);  // Of the head and of the body.
  live.store().fail_read.arm(1);
  EXPECT_EQ(live.finish(id_).status, RunStatus::completed);
  EXPECT_EQ(live.history(id_), kKept);
}

TEST_F(CoordinatorTest, ARunIsRefusedBeforeAnyWorkWhenItCannotBeWritten) {
  auto& live = serve();
  live.store().disk_full.arm(1'000'000);
  const auto refused = live.submit(id_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(live.coordinator().status().queued + live.coordinator().status().running, 0);
  live.store().disk_full.disarm();
  ASSERT_TRUE(live.submit(id_)) << "and work goes on";
  EXPECT_EQ(live.finish(id_).status, RunStatus::completed);
}

TEST_F(CoordinatorTest, AnAcceptanceWhoseAcknowledgementWasLostIsExecutedOnce) {
  auto& live = serve_without_workers();
  live.store().lost_ack.arm(1);
  ASSERT_FALSE(live.submit(id_));
  // The run is durable although the client was told otherwise; its second try joins it.
  const auto again = live.submit(id_);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->joined);
  live.start_workers();
  EXPECT_EQ(live.finish(id_).status, RunStatus::completed);
  EXPECT_EQ(live.history(id_), (Kinds{EntryKind::accepted, started, completed}));
}

TEST_F(CoordinatorTest, AnAcceptanceWithItsStartWhoseAcknowledgementWasLostReachesOneWorker) {
  auto& live = serve();
  live.run_until([&] { return live.pool().status().ready == 1; });
  live.store().lost_ack.arm(1);
  ASSERT_FALSE(live.submit(id_));
  const auto again = live.submit(id_);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->joined);
  EXPECT_EQ(live.finish(id_).status, RunStatus::completed);
  // The first start reached nobody, and says so.
  EXPECT_EQ(live.history(id_), (Kinds{EntryKind::accepted, started, attempt_lost, started, completed}));
}

TEST_F(CoordinatorTest, ACompletionWhoseAcknowledgementWasLostIsNotRepeated) {
  auto& live = serve("--sleep-ms 50");
  ASSERT_TRUE(live.submit(id_));
  live.run_until([&] { return live.coordinator().status().running == 1; });
  live.store().lost_ack.arm(1);
  EXPECT_EQ(live.finish(id_).status, RunStatus::completed);
  EXPECT_EQ(live.history(id_), (Kinds{EntryKind::accepted, started, completed}));
}

TEST_F(CoordinatorTest, EveryUnfinishedRunIsTakenUpAtStart) {
  const auto waiting = RunId::make();
  {
    auto& first = serve("--no-answer");
    ASSERT_TRUE(first.submit(id_));
    first.run_until([&] { return first.coordinator().status().running == 1; });
    first.stop(0ms);  // Cuts the attempt off without a word in the journal, as a death does.
  }
  {
    auto& second = serve_without_workers();
    ASSERT_TRUE(second.submit(waiting));
    second.stop(0ms);
  }
  auto& third = serve();
  for (const auto& id : {id_, waiting}) EXPECT_EQ(third.finish(id).status, RunStatus::completed);
  EXPECT_EQ(third.history(id_), (Kinds{EntryKind::accepted, started, attempt_lost, started, completed}));
}

TEST_F(CoordinatorTest, DrainingLetsRunningRunsFinishAndStartsNothingNew) {
  auto& live = serve("--sleep-ms 200");
  ASSERT_TRUE(live.submit(id_));
  live.run_until([&] { return live.coordinator().status().running == 1; });
  live.stop();
  EXPECT_FALSE(live.submit(RunId::make()));
  const auto run = live.await(live.coordinator().find("ada", id_));
  ASSERT_TRUE(run);
  EXPECT_EQ(run->status, RunStatus::completed);
}

TEST_F(CoordinatorTest, AStartThatBecomesDurableDuringADrainIsLeftToTheNextStart) {
  auto& live = serve();
  live.run_until([&] { return live.pool().status().ready == 1; });
  live.store().gate.close();
  bool accepted = false;
  spawn(live.executor(), "accept", [&]() -> asio::awaitable<void> {
    runs::Submission submission{.owner = "ada",
                                .thread_id = "t",
                                .id = id_,
                                .prompt = "hello",
                                .request = R"({"prompt":"hello","thread_id":"t"})",
                                .traceparent = ""};
    const auto answer = co_await live.coordinator().submit(std::move(submission));
    accepted = answer.has_value();
  });
  live.run_until([&] { return live.store().gate.has_arrival(); });
  live.await(live.coordinator().drain(system_clock().steady() + 10s));
  live.store().gate.open();
  live.run_until([&] { return accepted; });
  int turns = 0;
  live.run_until([&] { return ++turns > 20; });
  EXPECT_EQ(live.history(id_), (Kinds{EntryKind::accepted, started}));

  auto& next = serve();
  EXPECT_EQ(next.finish(id_).status, RunStatus::completed);
}

TEST_F(CoordinatorTest, ARefusalOfTheWorkerFailsTheRunWithItsWords) {
  auto& live = serve("--status 500");
  ASSERT_TRUE(live.submit(id_));
  const auto run = live.finish(id_);
  EXPECT_EQ(run.status, RunStatus::failed);
  EXPECT_NE(run.error.find("500"), std::string::npos) << run.error;
}

}  // namespace
}  // namespace holdfast::testing
