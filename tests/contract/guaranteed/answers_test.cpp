// What a worker answers is what the client gets, the first time and every time.
#include "tests/contract/guaranteed/guaranteed_fixture.hpp"

namespace holdfast::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class GuaranteedAnswer : public GuaranteedFixture {};

TEST_F(GuaranteedAnswer, AnyStatusTypeAndByteIsKept) {
  start(guaranteed_setup());
  for (const auto* again : {"", "true"}) {
    const auto reply = ask("/teapot", "tea");
    EXPECT_EQ(reply.status, 418);
    EXPECT_EQ(reply.body, std::string("\x00\xff\r\n", 4));
    EXPECT_EQ(reply.header("Content-Type"), "image/x-tea");
    EXPECT_EQ(reply.header("X-lower-CASE"), "Kept As It Is");
    EXPECT_EQ(reply.header("X-Private"), "") << "it concerned one connection";
    EXPECT_EQ(reply.header("Idempotent-Replayed"), again);
    EXPECT_EQ(std::ranges::count(reply.headers, std::string("Set-Cookie"), &HeaderList::value_type::first), 2);
  }
}

TEST_F(GuaranteedAnswer, EveryWayToTellTheEndOfABodyIsUnderstood) {
  start(guaranteed_setup());
  for (const auto* habit : {"chunked", "until-close", "old", "trailing"}) {
    const auto reply = ask("/" + std::string(habit), habit);
    EXPECT_EQ(reply.status, 200) << habit;
    EXPECT_EQ(reply.body, "hello") << habit;
    EXPECT_TRUE(reply.complete) << habit;
    EXPECT_EQ(ask("/" + std::string(habit), habit).body, "hello") << habit;
  }
  EXPECT_EQ(ask("/no-content", "none").status, 204);
  EXPECT_EQ(ask("/empty", "empty").status, 200);
  EXPECT_EQ(ask("/hints", "hints").body, "ok");
}

TEST_F(GuaranteedAnswer, TheRequestArrivesAsItWas) {
  start(guaranteed_setup());
  const std::string body("\x00 \xff \r\n bytes", 13);
  const auto reply = post("/echo/a?b=%20c", body,
                          {{"Content-Type", "application/x-thing"},
                           {"X-Two", "1"},
                           {"X-Two", "2"},
                           {"Holdfast-User", "somebody else"},
                           {"Holdfast-Attempt", "9"}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, AllOf(HasSubstr("POST /echo/a?b=%20c HTTP/1.1\r\n"), HasSubstr("X-Two: 1\r\nX-Two: 2\r\n"),
                                HasSubstr("Content-Type: application/x-thing\r\n"), HasSubstr("Content-Length: 13\r\n"),
                                HasSubstr("Holdfast-Attempt: 1\r\n"), HasSubstr("Holdfast-User: local\r\n")));
  EXPECT_TRUE(reply.body.ends_with("\n--\n" + body));
  EXPECT_EQ(reply.body.find("somebody"), std::string::npos);
}

TEST_F(GuaranteedAnswer, WhatIsNoCleanResponseIsNeverAnAnswer) {
  start(guaranteed_setup());
  for (const auto* habit : {"half-head", "no-http", "both-framings", "both-framings-turned", "different-lengths",
                            "bad-length", "gzip-coding", "unasked-101", "long-head", "bad-chunks", "short", "huge",
                            "cut-chunks", "reset", "die", "die/late"}) {
    const auto reply = ask("/" + std::string(habit), habit);
    EXPECT_EQ(reply.status, 502) << habit;
    EXPECT_EQ(reply.header("Content-Type"), "application/problem+json") << habit;
    EXPECT_EQ(ask("/" + std::string(habit), habit).body, reply.body) << habit;
  }
  EXPECT_EQ(ask("/chunked", "afterwards").body, "hello");
}

TEST_F(GuaranteedAnswer, OneThatIsTooLongNamesTheSetting) {
  auto setup = guaranteed_setup();
  setup.max_answer = Bytes(100'000);
  start(std::move(setup));
  const auto reply = ask("/bytes/100001", "long");
  EXPECT_EQ(reply.status, 502);
  EXPECT_THAT(reply.body, HasSubstr("worker.max_answer"));
  EXPECT_EQ(ask("/bytes/100000", "fits").body.size(), 100'000);
}

TEST_F(GuaranteedAnswer, ALargeOneComesBackWhole) {
  start(guaranteed_setup());
  constexpr std::size_t kSize = 20'000'000;
  const auto first = ask("/bytes/20000000", "large");
  ASSERT_EQ(first.body.size(), kSize);
  EXPECT_EQ(static_cast<unsigned char>(first.body.at(kSize - 1)), (kSize - 1) % 65536 % 256);
  EXPECT_TRUE(ask("/bytes/20000000", "large").body == first.body);
}

TEST_F(GuaranteedAnswer, TheRunTellsOfItAndTheTimelineDoesNotRepeatIt) {
  start(guaranteed_setup());
  ASSERT_EQ(ask("/chunked", kFirst).status, 200);
  auto run = object_of(get("/v1/runs/" + kFirst));
  // The connection has taken it; that is noted a moment later.
  while (!find_int(run, "delivered_at")) run = object_of(get("/v1/runs/" + kFirst));
  EXPECT_EQ(text_of(run, "status"), "completed");
  EXPECT_EQ(text_of(run, "prompt"), "POST /chunked");
  EXPECT_EQ(find_int(*find_object(run, "result"), "bytes"), 5);
  const auto timeline = get("/v1/runs/" + kFirst + "/timeline").body;
  EXPECT_THAT(timeline,
              AllOf(HasSubstr(R"("kind":"response","status":200)"), HasSubstr(R"("kind":"piece","bytes":5)")));
  EXPECT_EQ(get("/v1/runs/" + kFirst + "/response").body, "hello");
  HttpClient client(port());
  client.send(request_text("HEAD", "/v1/runs/" + kFirst + "/response"));
  const auto head = client.read("HEAD");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->header("Content-Length"), "5");
  EXPECT_EQ(client.ask("GET", "/v1/runs/" + kFirst + "/response")->body, "hello") << "nothing follows a head";
}

TEST_F(GuaranteedAnswer, WhoDoesNotWantToWaitComesBackForIt) {
  start(guaranteed_setup());
  const auto accepted = post("/sleep/300", "x", {{"Prefer", "respond-async"}, {"Idempotency-Key", kFirst}});
  EXPECT_EQ(accepted.status, 202);
  const auto location = accepted.header("Location");
  EXPECT_EQ(location, "/v1/runs/" + kFirst + "/response");
  EXPECT_EQ(get(location).status, 202);
  auto reply = get(location, {{"Prefer", "wait=20"}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr("slept in"));
  EXPECT_EQ(post("/sleep/1", "x", {{"Prefer", "wait=20"}}).status, 200);
}

TEST_F(GuaranteedAnswer, WhatIsNotGuaranteedIsPassedThrough) {
  start(guaranteed_setup("POST /reports/*"));
  EXPECT_EQ(post("/echo", "x").header("Holdfast-Run-Id"), "");
  EXPECT_EQ(post("/reports/1", "x").status, 404) << "the worker's own";
  EXPECT_NE(post("/reports/1", "x").header("Holdfast-Run-Id"), "");
  EXPECT_EQ(get("/reports/1").header("Holdfast-Run-Id"), "");
  EXPECT_EQ(post("/reports/1/2", "x").header("Holdfast-Run-Id"), "");
}

}  // namespace
}  // namespace holdfast::testing
