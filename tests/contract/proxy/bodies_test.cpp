// Bodies in both directions: every framing, as they come, of any size.
#include <algorithm>

#include "tests/contract/proxy/proxy_fixture.hpp"

namespace holdfast::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class PassedBodies : public ProxyFixture {};

TEST_F(PassedBodies, ARequestBodyGoesOnInBothFramings) {
  start(passing_setup());
  HttpClient client(port());
  EXPECT_THAT(client.ask("POST", "/echo", "hello")->body, EndsWith("\n--\nhello"));
  client.send(
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nX-Trailer: 1\r\n\r\n");
  const auto whole = client.read();
  ASSERT_TRUE(whole);
  EXPECT_THAT(whole->body, EndsWith("\n--\nhello"));
  EXPECT_THAT(whole->body, HasSubstr("Content-Length: 5"))
      << "it was there whole: also servers of HTTP/1.0 can read it";
  EXPECT_EQ(client.ask("POST", "/echo", "")->status, 200);
}

TEST_F(PassedBodies, AChunkedBodyIsPassedOnWhileItComes) {
  start(passing_setup());
  HttpClient client(port());
  client.send("POST /both-ways HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  ASSERT_EQ(client.read_head()->status, 200);
  for (const std::string piece : {"one", "two", "three"}) {
    client.send("5\r\n" + (piece + "     ").substr(0, 5) + "\r\n");
    const auto back = client.read_piece();
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, (piece + "     ").substr(0, 5));
  }
  client.send("0\r\n\r\n");
  EXPECT_FALSE(client.read_piece());
  EXPECT_TRUE(client.body_complete());
}

TEST_F(PassedBodies, TheWorkersFramingIsTakenOver) {
  start(passing_setup());
  HttpClient client(port());
  const auto chunked = client.ask("GET", "/chunked");
  EXPECT_EQ(chunked->body, "hello");
  EXPECT_EQ(chunked->header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(chunked->header("Trailer"), "");
  const auto until_close = client.ask("GET", "/until-close");
  EXPECT_EQ(until_close->body, "hello");
  EXPECT_TRUE(until_close->complete);
  EXPECT_EQ(until_close->header("Transfer-Encoding"), "chunked");
  const auto old = client.ask("GET", "/old");
  EXPECT_EQ(old->body, "hello");
  EXPECT_TRUE(old->complete);
  EXPECT_EQ(client.ask("GET", "/empty")->header("Content-Length"), "0");
  EXPECT_EQ(client.ask("GET", "/no-content")->status, 204);
  EXPECT_EQ(client.ask("GET", "/not-modified")->header("Content-Length"), "5");
  client.send("HEAD /head HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read("HEAD")->header("Content-Length"), "1234");
  EXPECT_EQ(client.ask("GET", "/chunked")->body, "hello") << "the connection was kept all the time";
}

TEST_F(PassedBodies, AnOldClientReadsUntilTheEnd) {
  start(passing_setup());
  for (const auto* path : {"/chunked", "/until-close", "/old", "/hints"}) {
    HttpClient client(port());
    client.send("GET " + std::string(path) + " HTTP/1.0\r\nHost: localhost\r\n\r\n");
    const auto reply = client.read();
    ASSERT_TRUE(reply) << path;
    EXPECT_EQ(reply->status, 200) << "interim responses are not for HTTP/1.0";
    EXPECT_EQ(reply->header("Transfer-Encoding"), "");
    EXPECT_FALSE(reply->body.empty());
    EXPECT_TRUE(client.closed_by_server());
  }
  HttpClient keeps(port());
  for (int i = 0; i < 2; ++i) {
    keeps.send("GET /teapot HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(keeps.read()->header("Connection"), "keep-alive");
  }
}

TEST_F(PassedBodies, PiecesArriveWhenTheyAreSent) {
  start(passing_setup());
  HttpClient client(port());
  client.send(request_text("GET", "/pieces/5"));
  ASSERT_EQ(client.read_head()->status, 200);
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(client.read_piece(), "piece 0\n");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 300ms);
  std::string rest;
  while (const auto piece = client.read_piece()) rest += *piece;
  EXPECT_TRUE(client.body_complete());
  EXPECT_EQ(rest, "piece 1\npiece 2\npiece 3\npiece 4\n");
}

TEST_F(PassedBodies, AnyAmountGoesThroughAndNothingChanges) {
  auto setup = passing_setup();
  setup.gateway.server.limits.body = 16 * 1024;
  start(std::move(setup));
  HttpClient client(port());
  std::string body(20'000'000, ' ');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7 % 251);
  std::string answer;
  std::jthread sender([&] { client.send(request_text("POST", "/digest", body)); });
  const auto digest = client.read();
  sender.join();
  ASSERT_TRUE(digest);
  EXPECT_EQ(digest->body, "20000000 747c4bf0901335b77bdea25231240076");
  const auto bytes = http_get(port(), "/bytes/20000001");
  ASSERT_EQ(bytes.body.size(), 20'000'001U);
  EXPECT_TRUE(bytes.complete);
  for (std::size_t i = 0; i < bytes.body.size(); ++i) ASSERT_EQ(static_cast<unsigned char>(bytes.body[i]), i % 256);
  EXPECT_EQ(post("/v1/threads/t1/runs", std::string(17'000, ' ')).status, 413) << "our own routes keep their limit";
}

TEST_F(PassedBodies, AClientThatWaitsForContinueIsToldByTheWorker) {
  start(passing_setup());
  HttpClient client(port());
  client.send("POST /digest HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(client.read_head()->status, 100);
  client.send("hello");
  EXPECT_EQ(client.read()->body, "5 5d41402abc4b2a76b9719d911017c592");
}

TEST_F(PassedBodies, EarlyHintsArePassedOn) {
  start(passing_setup());
  HttpClient client(port());
  client.send(request_text("GET", "/hints"));
  const auto hints = client.read_head();
  EXPECT_EQ(hints->status, 103);
  EXPECT_EQ(hints->header("Link"), "</a.css>");
  EXPECT_EQ(client.read()->body, "ok");
}

TEST_F(PassedBodies, AnAnswerBeforeTheEndOfTheBodyComesThrough) {
  start(passing_setup());
  HttpClient client(port());
  client.send("POST /refuse-early HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50000000\r\n\r\n" +
              std::string(200'000, 'x'));
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 413);
  EXPECT_EQ(reply->body, "no\n");
  EXPECT_EQ(reply->header("Connection"), "close");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(PassedBodies, ABodyThatStopsIsGivenUp) {
  auto setup = passing_setup();
  setup.gateway.server.body_timeout = 300ms;
  start(std::move(setup));
  HttpClient client(port());
  client.send("POST /digest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhello");
  EXPECT_EQ(client.read()->status, 408);
  EXPECT_EQ(failures("client_late"), "1");
  HttpClient broken(port());
  broken.send("POST /digest HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  std::this_thread::sleep_for(50ms);
  broken.send("xyz\r\n");
  EXPECT_EQ(broken.read()->status, 400);
}

TEST_F(PassedBodies, PipelinedRequestsAreAnsweredInOrder) {
  start(passing_setup());
  HttpClient client(port());
  std::string all;
  for (int i = 0; i < 50; ++i) all += request_text("POST", "/echo/" + std::to_string(i), "body " + std::to_string(i));
  client.send(all);
  for (int i = 0; i < 50; ++i) {
    const auto reply = client.read();
    ASSERT_TRUE(reply) << i;
    EXPECT_THAT(reply->body, EndsWith("\n--\nbody " + std::to_string(i)));
  }
}

}  // namespace
}  // namespace holdfast::testing
