#include "runs/attempt_outcome.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "runs/stored_request.hpp"

namespace holdfast::runs {
namespace {

using journal::EntryKind;

using journal::RunStatus;
using workers::Answered;
using workers::DispatchOutcome;
using workers::Lost;
using workers::Refused;
using workers::WorkerExit;

class SettleTest : public ::testing::Test {
 protected:
  std::optional<journal::Append> settled(Result<DispatchOutcome> outcome) { return settle(run_, outcome, policy_); }
  static Lost killed() {
    return Lost{"the worker was killed by signal 9", WorkerExit{.pid = 7, .signal = 9, .peak_rss_bytes = 1000}};
  }

  RetryPolicy policy_;
  journal::Run run_{.id = RunId::make(), .status = RunStatus::running, .attempt = 1};
};

TEST_F(SettleTest, AnAnswerCompletesTheRunBehindTheFenceOfItsAttempt) {
  run_.attempt = 4;
  const auto append = settled(Answered{R"({"result":"42"})"});
  ASSERT_TRUE(append);
  EXPECT_EQ(append->kind, EntryKind::completed);
  EXPECT_EQ(append->to, RunStatus::completed);
  EXPECT_EQ(append->from, RunStatus::running);
  EXPECT_EQ(append->attempt, 4);
  EXPECT_EQ(append->result, R"({"result":"42"})");
}

TEST_F(SettleTest, ADeadWorkerCostsAnAttemptNotTheRun) {
  const auto append = settled(killed());
  ASSERT_TRUE(append);
  EXPECT_EQ(append->kind, EntryKind::attempt_lost);
  EXPECT_EQ(append->to, RunStatus::queued);
  EXPECT_TRUE(append->counts_crash);
  const auto body = parse_json_object(append->body);
  ASSERT_TRUE(body);
  EXPECT_EQ(find_int(*find_object(*body, "evidence"), "signal"), 9);
}

TEST_F(SettleTest, WhatAWorkerMayHaveBegunIsNotRepeatedUnlessItsRouteSaysSo) {
  run_.request = to_json({.retry = Retry::fail, .head = "POST /x HTTP/1.1\r\n"});
  EXPECT_EQ(settled(killed())->kind, EntryKind::failed);
  EXPECT_EQ(settle_orphan(run_, policy_, "the server died").kind, EntryKind::failed);
  run_.request = to_json({.retry = Retry::requeue, .head = "POST /x HTTP/1.1\r\n"});
  EXPECT_EQ(settled(killed())->kind, EntryKind::attempt_lost);
}

TEST_F(SettleTest, WhatNoWorkerHasReadIsSentAgainWhateverItsRouteSays) {
  run_.request = to_json({.retry = Retry::fail, .head = "POST /x HTTP/1.1\r\n"});
  EXPECT_EQ(settled(Lost{.reason = "it died before it got the run", .exited = {}, .seen = false})->kind,
            EntryKind::attempt_lost);
  EXPECT_EQ(settle_unsent(run_, policy_, "why").kind, EntryKind::attempt_lost);
}

TEST_F(SettleTest, ARunThatKilledItsWorkerThreeTimesIsSealedWithTheEvidence) {
  run_.attempt = 3;
  run_.crashes = 2;
  const auto append = settled(killed());
  ASSERT_TRUE(append);
  EXPECT_EQ(append->kind, EntryKind::failed);
  EXPECT_TRUE(append->counts_crash);
  const auto error = parse_json_object(append->error);
  ASSERT_TRUE(error);
  const auto* evidence = find_object(*error, "evidence");
  ASSERT_NE(evidence, nullptr);
  EXPECT_EQ(find_int(*evidence, "crashes"), 3);
  EXPECT_EQ(find_int(*evidence, "peak_rss_bytes"), 1000);
  EXPECT_FALSE(find_string(*error, "message")->empty());
}

TEST_F(SettleTest, AConnectionThatBreaksWithoutADeathIsNotACrash) {
  const auto append = settled(Lost{"the connection ended", std::nullopt});
  ASSERT_TRUE(append);
  EXPECT_EQ(append->kind, EntryKind::attempt_lost);
  EXPECT_FALSE(append->counts_crash);
}

std::string message_of(const journal::Append& append) {
  const auto error = parse_json_object(append.error);
  return error ? std::string(find_string(*error, "message").value_or("")) : append.error;
}

TEST_F(SettleTest, AWorkerThatBreaksItsProtocolIsNotAskedTenTimes) {
  const Lost broke{"worker 1 (pid 7) broke the protocol: no \"type\"", std::nullopt, true};
  EXPECT_EQ(settled(broke)->kind, EntryKind::attempt_lost);
  EXPECT_TRUE(settled(broke)->counts_crash);
  run_.attempt = 3;
  run_.crashes = 2;
  const auto append = settled(broke);
  EXPECT_EQ(append->kind, EntryKind::failed);
  EXPECT_NE(message_of(*append).find("protocol"), std::string::npos);
  EXPECT_EQ(message_of(*append).find("memory"), std::string::npos) << message_of(*append);
}

TEST_F(SettleTest, TheAdviceFitsWhatEndedTheAttempts) {
  run_.attempt = 3;
  run_.crashes = 2;
  EXPECT_NE(message_of(*settled(killed())).find("more memory"), std::string::npos);
  run_.attempt = policy_.max_attempts;
  run_.crashes = 0;
  const auto broken_off = message_of(*settled(Lost{"the connection ended", std::nullopt}));
  EXPECT_EQ(broken_off.find("memory"), std::string::npos) << broken_off;
  EXPECT_EQ(broken_off.find("0 of which"), std::string::npos) << broken_off;
  const auto orphaned = message_of(settle_orphan(run_, policy_, "Holdfast stopped"));
  EXPECT_EQ(orphaned.find("memory"), std::string::npos) << orphaned;
}

TEST_F(SettleTest, ARefusalFailsTheRunAndARetryableOneIsTriedAgain) {
  EXPECT_EQ(settled(Refused{"invalid_argument", "no such table", "", false})->kind, EntryKind::failed);
  EXPECT_EQ(settled(Refused{"unavailable", "the model is away", "", true})->kind, EntryKind::attempt_lost);
  run_.attempt = policy_.max_attempts;
  const auto last = settled(Refused{"unavailable", "the model is away", "", true});
  EXPECT_EQ(last->kind, EntryKind::failed);
  const auto error = parse_json_object(last->error);
  EXPECT_EQ(find_string(*error, "code"), "unavailable");
}

TEST_F(SettleTest, ADeadlineExpiresTheRunWithAnExplanationThatNamesTheSetting) {
  const auto append = settled(fail(ErrorCode::deadline_exceeded, "deadline reached"));
  ASSERT_TRUE(append);
  EXPECT_EQ(append->to, RunStatus::expired);
  EXPECT_NE(append->error.find("runs.deadline"), std::string::npos);
}

TEST_F(SettleTest, WhatWasFencedOffOrStoppedWritesNothing) {
  EXPECT_FALSE(settled(fail(ErrorCode::cancelled, "stopped")));
  EXPECT_FALSE(settled(fail(ErrorCode::conflict, "an older attempt")));
}

TEST_F(SettleTest, AnOrphanOfADeadSupervisorIsQueuedAgain) {
  const auto append = settle_orphan(run_, policy_, "Holdfast stopped");
  EXPECT_EQ(append.kind, EntryKind::attempt_lost);
  EXPECT_FALSE(append.counts_crash);
  run_.attempt = policy_.max_attempts;
  EXPECT_EQ(settle_orphan(run_, policy_, "Holdfast stopped").kind, EntryKind::failed);
}

TEST_F(SettleTest, AQueuedRunCanBeCancelled) {
  run_.status = RunStatus::queued;
  const auto append = settle_early(run_, EntryKind::cancelled, "on request");
  EXPECT_EQ(append.from, RunStatus::queued);
  EXPECT_EQ(append.to, RunStatus::cancelled);
}

Lost given_up(bool counts_as_crash) {
  Lost lost{"worker 1 (pid 7) was ended to keep within the memory limit", std::nullopt};
  lost.given_up = workers::GivenUp{R"({"used_bytes":500})", counts_as_crash};
  return lost;
}

TEST_F(SettleTest, AnAttemptGivenUpForMemoryIsTriedAgainAndIsNobodysFault) {
  const auto append = settled(given_up(false));
  ASSERT_TRUE(append);
  EXPECT_EQ(append->kind, EntryKind::attempt_lost);
  EXPECT_FALSE(append->counts_crash);
  const auto body = parse_json_object(append->body);
  ASSERT_TRUE(body);
  const auto* evidence = find_object(*body, "evidence");
  ASSERT_NE(evidence, nullptr);
  EXPECT_EQ(find_string(*evidence, "cause"), "given_up");
  EXPECT_EQ(find_int(*find_object(*evidence, "memory"), "used_bytes"), 500);
}

TEST_F(SettleTest, ARunThatOutgrowsTheLimitThreeTimesIsSealed) {
  run_.attempt = 3;
  run_.crashes = 2;
  const auto append = settled(given_up(true));
  ASSERT_TRUE(append);
  EXPECT_EQ(append->kind, EntryKind::failed);
  EXPECT_NE(message_of(*append).find("raise memory.limit"), std::string::npos) << message_of(*append);
}

}  // namespace
}  // namespace holdfast::runs
