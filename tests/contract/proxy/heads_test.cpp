// What goes on of a head, what stays, what is added.
#include "tests/contract/proxy/proxy_fixture.hpp"

namespace holdfast::testing {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

class PassedHeads : public ProxyFixture {};

// The head that the worker got for these bytes.
std::string echoed(std::uint16_t port, const std::string& request) {
  HttpClient client(port);
  client.send(request);
  const auto reply = client.read();
  return reply ? reply->body.substr(0, reply->body.find("\n--\n")) : "";
}

TEST_F(PassedHeads, ARequestGoesOnWithItsHeadersInOrder) {
  start(passing_setup());
  EXPECT_EQ(
      echoed(port(),
             "GET /echo/a%2Fb?x=%20&y HTTP/1.1\r\nHost: localhost:1\r\nX-B: 1\r\nx-a: 2\r\nX-B: 3\r\nCookie: a=b\r\n"
             "X-Request-Id: mine\r\nAuthorization: Basic eA==\r\n\r\n"),
      "GET /echo/a%2Fb?x=%20&y HTTP/1.1\r\nHost: localhost:1\r\nX-B: 1\r\nx-a: 2\r\nX-B: 3\r\nCookie: a=b\r\n"
      "Authorization: Basic eA==\r\nVia: 1.1 holdfast\r\nX-Forwarded-For: 127.0.0.1\r\nX-Forwarded-Proto: http\r\n"
      "X-Forwarded-Host: localhost:1\r\nX-Request-Id: mine\r\nHoldfast-User: local");
}

TEST_F(PassedHeads, WhatConcernsTheConnectionStaysHere) {
  start(passing_setup());
  const auto head =
      echoed(port(),
             "GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, X-Private,close\r\nX-Private: 1\r\n"
             "Keep-Alive: 5\r\nProxy-Connection: x\r\nTE: trailers\r\nProxy-Authorization: Basic eA==\r\n"
             "Upgrade: h2c\r\nHTTP2-Settings: x\r\nX-Public: 2\r\n\r\n");
  for (const auto* gone : {"Connection", "X-Private", "Keep-Alive", "TE:", "Proxy-", "Upgrade", "HTTP2"}) {
    EXPECT_THAT(head, Not(HasSubstr(gone)));
  }
  EXPECT_THAT(head, HasSubstr("X-Public: 2"));
}

TEST_F(PassedHeads, TheWayOfARequestIsAppended) {
  start(passing_setup());
  const auto head =
      echoed(port(),
             "GET /echo HTTP/1.0\r\nHost: localhost\r\nVia: 1.1 front\r\nX-Forwarded-For: 203.0.113.7\r\n"
             "X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: example.org\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Via: 1.1 front, 1.0 holdfast\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Forwarded-For: 203.0.113.7, 10.0.0.1, 127.0.0.1\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Forwarded-Proto: https\r\n"));
  EXPECT_THAT(head, HasSubstr("X-Forwarded-Host: example.org\r\n"));
}

TEST_F(PassedHeads, NobodyElseSaysWhoAsks) {
  start(passing_setup());
  const auto head = echoed(port(),
                           "GET /echo HTTP/1.1\r\nHost: localhost\r\nHoldfast-User: root\r\nholdfast_user: root\r\n"
                           "Holdfast-Run-Id: 1\r\nX_Forwarded_For: 6.6.6.6\r\nContent_Length: 9\r\n"
                           "Connection: Holdfast-User, Host\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Holdfast-User: local"));
  EXPECT_THAT(head, HasSubstr("Host: localhost\r\n"));
  for (const auto* gone : {"root", "Run-Id", "6.6.6.6", "Content"}) EXPECT_THAT(head, Not(HasSubstr(gone)));
}

TEST_F(PassedHeads, AnAbsoluteTargetBecomesAPathAndItsHost) {
  start(passing_setup());
  const auto head = echoed(port(), "GET http://127.0.0.1:7/echo?x HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(head, ::testing::StartsWith("GET /echo?x HTTP/1.1\r\nHost: 127.0.0.1:7\r\n"));
}

TEST_F(PassedHeads, AnAnswerComesBackAsItIs) {
  start(passing_setup());
  HttpClient client(port());
  client.send("GET /teapot HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: mine\r\n\r\n");
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 418);
  EXPECT_EQ(reply->body, std::string("\x00\xff\r\n", 4));
  const HeaderList expected{{"Set-Cookie", "a=1"},           {"Set-Cookie", "b=2"},
                            {"Content-Type", "image/x-tea"}, {"X-lower-CASE", "Kept As It Is"},
                            {"Content-Length", "4"},         {"X-Request-Id", "mine"}};
  EXPECT_EQ(reply->headers, expected);
}

TEST_F(PassedHeads, AnyMethodGoesOnButConnect) {
  start(passing_setup());
  HttpClient client(port());
  for (const auto* method : {"PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "POST"}) {
    const auto reply = client.ask(method, "/echo");
    ASSERT_TRUE(reply) << method;
    EXPECT_THAT(reply->body, ::testing::StartsWith(std::string(method) + " /echo "));
  }
  EXPECT_EQ(client.ask("CONNECT", "localhost:1")->status, 501);
}

TEST_F(PassedHeads, OurOwnRoutesKeepPrecedence) {
  start(passing_setup());
  EXPECT_EQ(get("/livez").body, R"({"status":"ok"})");
  HttpClient client(port());
  EXPECT_EQ(client.ask("DELETE", "/livez")->status, 405);
  EXPECT_EQ(client.ask("GET", "/analyze")->status, 405);
  EXPECT_THAT(get("/").body, HasSubstr("<html"));
  EXPECT_EQ(client.ask("POST", "/", "x")->body, "nothing\n") << "of that path only GET is ours";
}

TEST_F(PassedHeads, WithoutPassThroughNothingGoesOn) {
  auto setup = passing_setup();
  setup.gateway.pass_through.on = false;
  start(std::move(setup));
  EXPECT_EQ(get("/echo").status, 404);
  EXPECT_EQ(metric_of("holdfast_pass_through_heads_total"), "");
}

TEST_F(PassedHeads, OtherSitesAreKeptOutAsElsewhere) {
  start(passing_setup());
  EXPECT_EQ(http_get(port(), "/echo", {{"Host", "evil.example"}}).status, 421);
  EXPECT_EQ(post("/echo", "x", {{"Origin", "http://evil.example"}}).status, 403);
  EXPECT_EQ(get("/echo", {{"Origin", "http://evil.example"}}).status, 200);
  // A WebSocket of another site could be read by it.
  EXPECT_EQ(
      get("/upgrade", {{"Origin", "http://evil.example"}, {"Connection", "Upgrade"}, {"Upgrade", "websocket"}}).status,
      403);
}

}  // namespace
}  // namespace holdfast::testing
