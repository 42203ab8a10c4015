// Clients and workers that go away in the middle.
#include "tests/contract/guaranteed/guaranteed_fixture.hpp"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;

const std::string kFiveEvents = "data: 1\n\ndata: 2\n\ndata: 3\n\ndata: 4\n\ndata: 5\n\n";

class GuaranteedLoss : public GuaranteedFixture {};

TEST_F(GuaranteedLoss, AStreamIsSeenWhileItGrows) {
  start(guaranteed_setup());
  HttpClient client(port());
  client.send(request_text("POST", "/events/5/0", "x", named(kFirst)));
  ASSERT_EQ(client.read_head()->status, 200);
  EXPECT_THAT(client.read_piece().value_or(""), HasSubstr("data: 1\n\n"));
  EXPECT_EQ(recorded("events end"), 0);
  std::string rest;
  while (auto piece = client.read_piece()) rest += *piece;
  EXPECT_TRUE(client.body_complete());
}

TEST_F(GuaranteedLoss, WhoComesBackToAStreamGetsItFromItsBeginningAndTheWorkIsDoneOnce) {
  start(guaranteed_setup());
  {
    HttpClient client(port());
    client.send(request_text("POST", "/events/5/0", "x", named(kFirst)));
    ASSERT_TRUE(client.read_head());
    ASSERT_TRUE(client.read_piece());
  }
  EXPECT_EQ(ask("/events/5/0", kFirst).body, kFiveEvents);
  EXPECT_EQ(ask("/events/5/0", kFirst).body, kFiveEvents);
  EXPECT_EQ(recorded("events begin"), 1);
}

TEST_F(GuaranteedLoss, AClientThatLeavesDoesNotStopTheWork) {
  start(guaranteed_setup());
  {
    HttpClient client(port());
    client.send(request_text("POST", "/sleep/300", "x", named(kFirst)));
    while (get("/v1/runs/" + kFirst).status != 200) {
    }
  }
  EXPECT_EQ(text_of(finished_run(kFirst), "status"), "completed");
  EXPECT_THAT(get("/v1/runs?undelivered=true").body, HasSubstr(kFirst));
  EXPECT_THAT(ask("/sleep/300", kFirst).body, HasSubstr("slept in"));
  EXPECT_EQ(attempts_of(kFirst), 1);
}

TEST_F(GuaranteedLoss, WhatMayHaveBegunIsNotDoneTwice) {
  start(guaranteed_setup());
  HttpClient client(port());
  client.send(request_text("POST", "/events/5/3", "x", named(kFirst)));
  const auto cut = client.read();
  ASSERT_TRUE(cut);
  EXPECT_FALSE(cut->complete) << "what is not whole must not look whole";
  EXPECT_TRUE(client.closed_by_server());
  const auto told = ask("/events/5/3", kFirst);
  EXPECT_EQ(told.status, 502);
  EXPECT_THAT(told.body, HasSubstr("retry=requeue"));
  EXPECT_EQ(attempts_of(kFirst), 1);
}

TEST_F(GuaranteedLoss, WhatMayBeRepeatedIsDoneByAnotherWorker) {
  start(guaranteed_setup("POST /** retry=requeue"));
  HttpClient client(port());
  client.send(request_text("POST", "/events/5/3", "x", named(kFirst)));
  const auto cut = client.read();
  ASSERT_TRUE(cut);
  EXPECT_FALSE(cut->complete) << "the second answer need not go on where the first broke off";
  EXPECT_EQ(ask("/events/5/3", kFirst).body, kFiveEvents);
  EXPECT_EQ(attempts_of(kFirst), 2);
}

TEST_F(GuaranteedLoss, WhoSawNothingOfTheFirstWorkerDoesNotNoticeItsLoss) {
  start(guaranteed_setup("POST /** retry=requeue"));
  const auto reply = ask("/die-first", kFirst);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "attempt 2");
}

TEST_F(GuaranteedLoss, ARequestThatKillsEveryWorkerHasAnEnd) {
  start(guaranteed_setup("POST /** retry=requeue"));
  const auto reply = ask("/events/5/1/ever", kFirst);
  EXPECT_FALSE(reply.complete);
  EXPECT_EQ(text_of(finished_run(kFirst), "status"), "failed");
  const auto told = ask("/events/5/1/ever", kFirst);
  EXPECT_EQ(told.status, 502);
  EXPECT_THAT(told.body, HasSubstr("3 attempts"));
  EXPECT_EQ(ask("/chunked", "afterwards").body, "hello");
}

TEST_F(GuaranteedLoss, ABodyThatEndsWithItsWorkerIsNoAnswer) {
  start(guaranteed_setup());
  const auto reply = ask("/die-open", kFirst);
  EXPECT_EQ(reply.status, 502) << reply.body;
  EXPECT_EQ(ask("/until-close", "alive").body, "hello") << "while one that a living worker ends so is";
}

TEST_F(GuaranteedLoss, AnUpgradeIsPassedThrough) {
  start(guaranteed_setup("GET /**"));
  HttpClient client(port());
  client.send(request_text("GET", "/upgrade", "", {{"Connection", "Upgrade"}, {"Upgrade", "echo"}}));
  const auto switched = client.read_head();
  ASSERT_TRUE(switched);
  EXPECT_EQ(switched->status, 101);
  EXPECT_EQ(switched->header("Holdfast-Run-Id"), "");
  EXPECT_NE(get("/upgrade").header("Holdfast-Run-Id"), "") << "while an ordinary request there is a run";
}

TEST_F(GuaranteedLoss, ACancelledOneSaysSo) {
  start(guaranteed_setup());
  HttpClient client(port());
  client.send(request_text("POST", "/sleep/60000", "x", named(kFirst)));
  while (post("/v1/runs/" + kFirst + "/cancel", "").status != 202) {
  }
  EXPECT_EQ(client.read()->status, 409);
}

}  // namespace
}  // namespace holdfast::testing
