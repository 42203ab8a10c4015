// Workers that break HTTP, break off, or do not answer: nothing of it may look like an answer.
#include "tests/contract/proxy/proxy_fixture.hpp"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;

class BadWorker : public ProxyFixture {};

TEST_F(BadWorker, WhatIsNoCleanResponseIsABadGateway) {
  start(passing_setup());
  for (const auto* habit : {"no-http", "bare-lf", "both-framings", "both-framings-turned", "two-lengths",
                            "different-lengths", "bad-length", "gzip-coding", "chunked-in-1.0", "unasked-101",
                            "long-head", "interim-without-end", "bad-chunks", "half-head"}) {
    HttpClient client(port());
    client.send(request_text("GET", "/" + std::string(habit)));
    auto reply = client.read();
    while (reply && reply->status == 103) reply = client.read();
    ASSERT_TRUE(reply) << habit;
    EXPECT_EQ(reply->status, 502) << habit;
    EXPECT_EQ(reply->header("Content-Type"), "application/problem+json");
    EXPECT_THAT(reply->body, HasSubstr("worker 1 (pid "));
    EXPECT_EQ(client.ask("GET", "/chunked")->body, "hello") << "the client may go on after " << habit;
  }
  EXPECT_EQ(failures("bad_answer"), "13");
  EXPECT_EQ(failures("no_answer"), "1");
}

TEST_F(BadWorker, WhatBreaksOffIsCutAndNotEnded) {
  start(passing_setup());
  for (const auto* habit : {"short", "huge", "cut-chunks", "reset", "die/late"}) {
    HttpClient client(port());
    client.send(request_text("GET", "/" + std::string(habit)));
    const auto reply = client.read();
    ASSERT_TRUE(reply) << habit;
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, "hello") << habit;
    EXPECT_FALSE(reply->complete) << habit;
    EXPECT_TRUE(client.closed_by_server());
  }
  EXPECT_EQ(failures("cut_off"), "5");
}

TEST_F(BadWorker, AnOldClientSeesAResetInsteadOfAnEnd) {
  start(passing_setup());
  HttpClient client(port());
  client.send("GET /cut-chunks HTTP/1.0\r\nHost: localhost\r\n\r\n");
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_FALSE(reply->complete);
}

TEST_F(BadWorker, WhatFollowsAnAnswerIsNobodysAnswer) {
  start(passing_setup());
  HttpClient client(port());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client.ask("GET", "/trailing")->body, "hello");
  EXPECT_THAT(client.ask("GET", "/echo")->body, HasSubstr("GET /echo"));
}

TEST_F(BadWorker, SilenceHasItsTime) {
  auto setup = passing_setup();
  setup.gateway.pass_through.timeout = 300ms;
  start(std::move(setup));
  const auto reply = get("/silent");
  EXPECT_EQ(reply.status, 504);
  EXPECT_THAT(reply.body, HasSubstr("worker.pass_through_timeout"));
  EXPECT_EQ(failures("late_answer"), "1");
  EXPECT_TRUE(comes_to_be_recorded("silent ends"));
  HttpClient client(port());
  client.send(request_text("GET", "/stall"));
  const auto stalled = client.read();
  ASSERT_TRUE(stalled);
  EXPECT_EQ(stalled->body, "hello");
  EXPECT_FALSE(stalled->complete);
  EXPECT_EQ(failures("stalled"), "1");
}

TEST_F(BadWorker, AWorkerThatDoesNotReadIsGivenUp) {
  auto setup = passing_setup();
  setup.gateway.pass_through.timeout = 300ms;
  start(std::move(setup));
  HttpClient client(port());
  std::jthread sender([&] { client.send(request_text("POST", "/never-reads", std::string(20'000'000, 'x'))); });
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 504);
}

TEST_F(BadWorker, AClientThatGoesAwayTakesItsRequestWithIt) {
  start(passing_setup());
  HttpClient client(port());
  client.send(request_text("GET", "/silent"));
  ASSERT_TRUE(comes_to_be_recorded("silent begins"));
  client.close();
  EXPECT_TRUE(comes_to_be_recorded("silent ends"));
  EXPECT_EQ(failures("client_gone"), "1");
}

TEST_F(BadWorker, AClientThatStopsReadingIsGivenUp) {
  auto setup = passing_setup();
  setup.gateway.server.write_timeout = 300ms;
  start(std::move(setup));
  HttpClient client(port());
  client.send(request_text("GET", "/bytes/100000000"));
  for (int tries = 0; tries < 100 && failures("client_gone") != "1"; ++tries) std::this_thread::sleep_for(50ms);
  EXPECT_EQ(failures("client_gone"), "1");
}

}  // namespace
}  // namespace holdfast::testing
