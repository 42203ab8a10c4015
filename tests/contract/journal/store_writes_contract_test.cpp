// What commit() does for each write and each state of a run.
#include "tests/contract/journal/store_contract.hpp"

namespace holdfast::journal {
namespace {

using ::testing::ElementsAre;
using namespace holdfast::testing;

TEST_P(StoreContractAlsoAway, AnAcceptedRunIsQueuedWithOneEntry) {
  const auto id = RunId::make();
  const auto earliest = now();
  const auto written = write(new_run(id, "ann", "t1", "How many?")).value();

  EXPECT_TRUE(written.changed);
  EXPECT_EQ(written.run.status, RunStatus::queued);
  const auto run = find(id);
  EXPECT_EQ(run.owner, "ann");
  EXPECT_EQ(run.thread_id, "t1");
  EXPECT_EQ(run.prompt, "How many?");
  EXPECT_EQ(run.route, "POST /analyze");
  EXPECT_EQ(run.request, R"({"prompt":"How many?"})");
  EXPECT_EQ(run.attempt, 0);
  EXPECT_EQ(run.last_seq, 1);
  EXPECT_GE(run.created_at, earliest);
  EXPECT_LE(run.created_at, now());
  EXPECT_FALSE(run.started_at);
  const auto entries = history(id);
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].kind, EntryKind::accepted);
  EXPECT_EQ(entries[0].seq, 1);
  EXPECT_EQ(entries[0].at, run.created_at);
}

TEST_P(StoreContractAlsoAway, ARunThatIsAcceptedWithItsStartRunsAtOnce) {
  auto accept = new_run(RunId::make());
  accept.start = FirstStart{"one", R"({"worker":1})"};
  ASSERT_TRUE(write(accept));
  const auto run = find(accept.run.id);
  EXPECT_EQ(run.status, RunStatus::running);
  EXPECT_EQ(run.attempt, 1);
  EXPECT_EQ(run.lease_owner, "one");
  EXPECT_EQ(run.started_at, run.created_at);
  EXPECT_EQ(run.last_seq, 2);
  const auto entries = history(run.id);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].kind, EntryKind::accepted);
  EXPECT_EQ(entries[1].kind, EntryKind::started);
  EXPECT_EQ(entries[1].attempt, 1);
  EXPECT_EQ(entries[1].body, R"({"worker":1})");
  EXPECT_TRUE(write(completion_of(run.id)));
}

TEST_P(StoreContractAlsoAway, AcceptingAnIdAgainDoesNotStartIt) {
  auto accept = new_run(RunId::make());
  ASSERT_TRUE(write(accept));
  accept.start = FirstStart{"one", "{}"};
  const auto again = write(accept).value();
  EXPECT_FALSE(again.changed);
  EXPECT_EQ(again.run.status, RunStatus::queued);
  EXPECT_EQ(history(accept.run.id).size(), 1U);
}

TEST_P(StoreContractAlsoAway, AcceptSetsTheStateWhateverTheCallerSays) {
  auto accept = new_run(RunId::make());
  accept.run.status = RunStatus::completed;
  accept.run.attempt = 7;
  accept.run.crashes = 2;
  accept.run.last_seq = 99;
  accept.run.finished_at = 1;
  accept.run.result = "{}";
  const auto returned = write(accept).value().run;
  const auto stored = find(accept.run.id);
  for (const auto& run : {returned, stored}) {
    EXPECT_EQ(run.status, RunStatus::queued);
    EXPECT_EQ(run.attempt, 0);
    EXPECT_EQ(run.crashes, 0);
    EXPECT_EQ(run.last_seq, 1);
    EXPECT_FALSE(run.finished_at);
    EXPECT_EQ(run.result, "");
  }
}

TEST_P(StoreContractAlsoAway, AcceptingAnIdAgainReturnsTheRunThatIsThereWhateverThePayload) {
  const auto id = completed();
  auto other = new_run(id, "bob", "t2", "Something else?");
  const auto again = write(other).value();
  EXPECT_FALSE(again.changed);
  EXPECT_EQ(again.run.owner, "ann");
  EXPECT_EQ(again.run.prompt, "How many?");
  EXPECT_EQ(again.run.status, RunStatus::completed);
  EXPECT_EQ(again.run.result, R"({"result":"42"})");
  EXPECT_EQ(history(id).size(), 3U);
}

TEST_P(StoreContractAlsoAway, OneIdTwiceInABatchIsAcceptedOnce) {
  const auto id = RunId::make();
  const std::vector<Write> writes{new_run(id, "ann", "t1", "first"), new_run(id, "ann", "t1", "second")};
  const auto results = store_->commit(writes);
  ASSERT_EQ(results.size(), 2U);
  EXPECT_TRUE(results[0]->changed);
  EXPECT_FALSE(results[1]->changed);
  EXPECT_EQ(results[1]->run.prompt, "first");
  EXPECT_EQ(history(id).size(), 1U);
}

TEST_P(StoreContractAlsoAway, AnAttemptCountsUpAndSetsItsStart) {
  const auto id = accepted();
  pass(std::chrono::milliseconds(25));
  const auto run = write(start_of(id)).value().run;
  EXPECT_EQ(run.status, RunStatus::running);
  EXPECT_EQ(run.attempt, 1);
  EXPECT_THAT(run.started_at.value() - run.created_at, passed(std::chrono::milliseconds(25)));
  EXPECT_FALSE(run.finished_at);
  const auto entries = history(id);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[1].kind, EntryKind::started);
  EXPECT_EQ(entries[1].attempt, 1);
  EXPECT_EQ(entries[1].body, R"({"worker":1})");
}

TEST_P(StoreContractAlsoAway, TheTerminalEntrySetsTheEndAndTheAnswer) {
  const auto id = started();
  pass(std::chrono::milliseconds(25));
  const auto returned = write(completion_of(id)).value().run;
  const auto stored = find(id);
  for (const auto& run : {returned, stored}) {
    EXPECT_EQ(run.status, RunStatus::completed);
    EXPECT_THAT(run.finished_at.value() - run.created_at, passed(std::chrono::milliseconds(25)));
    EXPECT_EQ(run.result, R"({"result":"42"})");
    EXPECT_EQ(run.usage, R"({"timing_ms":{"run":5}})");
    EXPECT_EQ(run.error, "");
    EXPECT_FALSE(run.delivered_at);
  }
}

TEST_P(StoreContractAlsoAway, ALostAttemptQueuesTheRunAgainAndCountsTheCrash) {
  const auto id = started();
  const auto run = write(loss_of(id)).value().run;
  EXPECT_EQ(run.status, RunStatus::queued);
  EXPECT_EQ(run.attempt, 1);
  EXPECT_EQ(run.crashes, 1);
  EXPECT_EQ(write(start_of(id, 1)).value().run.attempt, 2);
}

TEST_P(StoreContractAlsoAway, EmptyTextsOfAnEntryKeepWhatWasStored) {
  const auto id = accepted();
  auto start = start_of(id);
  start.usage = R"({"predicted_bytes":1})";
  write(start).value();
  write(progress_of(id)).value();
  auto completion = completion_of(id);
  completion.usage.clear();
  write(completion).value();
  EXPECT_EQ(find(id).usage, R"({"predicted_bytes":1})");
}

TEST_P(StoreContractAlsoAway, AnAnswerThatIsStoredWithoutEndingTheRunIsThere) {
  const auto id = started();
  auto progress = progress_of(id);
  progress.error = R"({"code":"unavailable"})";
  write(progress).value();
  EXPECT_EQ(find(id).error, R"({"code":"unavailable"})");
  EXPECT_EQ(find(id).status, RunStatus::running);
}

TEST_P(StoreContractAlsoAway, TheLateWordOfAnOlderAttemptIsRefused) {
  const auto id = started();
  write(loss_of(id)).value();
  write(start_of(id, 1)).value();
  EXPECT_THAT(write(completion_of(id, 1)), FailsWith(ErrorCode::conflict));
  EXPECT_THAT(write(progress_of(id, 1)), FailsWith(ErrorCode::conflict));
  EXPECT_EQ(find(id).status, RunStatus::running);
  EXPECT_EQ(find(id).result, "");
  EXPECT_EQ(history(id).size(), 4U);
}

TEST_P(StoreContractAlsoAway, AnEntryForAnotherStateIsRefused) {
  const auto id = accepted();
  EXPECT_THAT(write(progress_of(id, 0)), FailsWith(ErrorCode::conflict));
  EXPECT_THAT(write(start_of(id, 1)), FailsWith(ErrorCode::conflict));
  EXPECT_EQ(history(id).size(), 1U);
}

TEST_P(StoreContractAlsoAway, NothingFollowsTheTerminalEntryButDelivered) {
  const auto id = completed();
  EXPECT_THAT(write(completion_of(id)), FailsWith(ErrorCode::conflict));
  EXPECT_THAT(write(progress_of(id)), FailsWith(ErrorCode::conflict));
  Append revive{.id = id, .from = RunStatus::completed, .attempt = 1, .to = RunStatus::running};
  EXPECT_THAT(write(revive), FailsWith(ErrorCode::conflict));
  EXPECT_EQ(history(id).size(), 3U);
}

TEST_P(StoreContract, AnEntryForAnUnknownRunIsNotFound) {
  EXPECT_THAT(write(start_of(RunId::make())), FailsWith(ErrorCode::not_found));
  EXPECT_THAT(write(Deliver{RunId::make()}), FailsWith(ErrorCode::not_found));
}

TEST_P(StoreContractAlsoAway, AQueuedRunCanBeCancelledWithoutAnAttempt) {
  const auto id = accepted();
  const auto run = write(cancellation_of_queued(id)).value().run;
  EXPECT_EQ(run.status, RunStatus::cancelled);
  EXPECT_TRUE(run.finished_at);
  EXPECT_FALSE(run.started_at);
  EXPECT_EQ(run.error, R"({"code":"cancelled"})");
}

TEST_P(StoreContractAlsoAway, DeliveryIsRecordedOnce) {
  const auto id = completed();
  pass(std::chrono::milliseconds(5));
  const auto first = write(Deliver{id}).value();
  pass(std::chrono::milliseconds(5));
  const auto second = write(Deliver{id}).value();
  EXPECT_TRUE(first.changed);
  EXPECT_FALSE(second.changed);
  EXPECT_EQ(second.run.delivered_at, first.run.delivered_at);
  EXPECT_EQ(find(id).delivered_at, first.run.delivered_at);
  EXPECT_THAT(first.run.delivered_at.value() - first.run.finished_at.value(), passed(std::chrono::milliseconds(5)));
  EXPECT_EQ(find(id).result, R"({"result":"42"})");
  const auto entries = history(id);
  ASSERT_EQ(entries.size(), 4U);
  EXPECT_EQ(entries[3].kind, EntryKind::delivered);
  EXPECT_EQ(entries[3].attempt, 1);
}

TEST_P(StoreContractAlsoAway, AnUnfinishedRunCannotBeDelivered) {
  EXPECT_THAT(write(Deliver{accepted()}), FailsWith(ErrorCode::conflict));
  const auto id = started();
  EXPECT_THAT(write(Deliver{id}), FailsWith(ErrorCode::conflict));
  EXPECT_FALSE(find(id).delivered_at);
}

TEST_P(StoreContractAlsoAway, AWriteSeesTheOnesBeforeItInItsBatch) {
  const auto id = RunId::make();
  const std::vector<Write> writes{new_run(id), start_of(id), progress_of(id), completion_of(id), Deliver{id}};
  for (const auto& result : store_->commit(writes)) EXPECT_TRUE(result) << result.error().message();
  const auto run = find(id);
  EXPECT_EQ(run.status, RunStatus::completed);
  EXPECT_EQ(run.last_seq, 5);
  EXPECT_TRUE(run.delivered_at);
}

TEST_P(StoreContract, ARefusedWriteDoesNotStopTheOthers) {
  const auto good = RunId::make();
  const auto other = accepted();
  const std::vector<Write> writes{start_of(RunId::make()), new_run(good), start_of(other, 3), start_of(good),
                                  Deliver{other}};
  const auto results = store_->commit(writes);
  ASSERT_EQ(results.size(), 5U);
  EXPECT_THAT(results[0], FailsWith(ErrorCode::not_found));
  EXPECT_TRUE(results[1]);
  EXPECT_THAT(results[2], FailsWith(ErrorCode::conflict));
  EXPECT_TRUE(results[3]);
  EXPECT_THAT(results[4], FailsWith(ErrorCode::conflict));
  EXPECT_EQ(find(good).status, RunStatus::running);
  EXPECT_EQ(history(other).size(), 1U);
}

TEST_P(StoreContractAlsoAway, ThereIsOneCheckpointAndItIsTheLastOne) {
  const auto id = started();
  EXPECT_FALSE(store_->checkpoint(id).value());
  for (const char* step : {"schema", "execute"}) {
    auto append = progress_of(id);
    append.kind = EntryKind::checkpoint;
    append.checkpoint = Checkpoint{step, std::string(R"({"at":")") + step + "\"}"};
    write(append).value();
  }
  write(progress_of(id)).value();
  write(loss_of(id)).value();
  const auto checkpoint = store_->checkpoint(id).value().value();
  EXPECT_EQ(checkpoint.step, "execute");
  EXPECT_EQ(checkpoint.state, R"({"at":"execute"})");
}

TEST_P(StoreContractAlsoAway, ARefusedEntryLeavesTheCheckpointAlone) {
  const auto id = started();
  auto append = progress_of(id, 9);
  append.checkpoint = Checkpoint{"late", "{}"};
  EXPECT_THAT(write(append), FailsWith(ErrorCode::conflict));
  EXPECT_FALSE(store_->checkpoint(id).value());
}

TEST_P(StoreContractAlsoAway, AnEmptyBatchIsNothing) { EXPECT_TRUE(store_->commit({}).empty()); }

TEST_P(StoreContractAlsoAway, AProbeChangesNoRun) {
  const auto id = completed();
  const auto before = find(id);
  EXPECT_TRUE(store_->probe());
  EXPECT_TRUE(store_->probe());
  EXPECT_EQ(find(id).last_seq, before.last_seq);
}

TEST_P(StoreContractAlsoAway, EverythingIsThereAfterReopening) {
  const auto queued = accepted();
  const auto finished = completed();
  auto append = start_of(queued);
  append.checkpoint = Checkpoint{"schema", "{}"};
  write(append).value();
  reopen();
  EXPECT_EQ(find(queued).status, RunStatus::running);
  EXPECT_EQ(find(queued).attempt, 1);
  EXPECT_EQ(store_->checkpoint(queued).value()->step, "schema");
  EXPECT_EQ(find(finished).result, R"({"result":"42"})");
  EXPECT_EQ(history(finished).size(), 3U);
  EXPECT_TRUE(write(completion_of(queued)));
}

}  // namespace
}  // namespace holdfast::journal
