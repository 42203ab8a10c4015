// What happens on a connection beside single requests: pipelining, keep-alive, limits, draining.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>
#include <future>

#include "tests/contract/http/gateway_fixture.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

const std::string kId = "01890a5d-ac96-774b-bcce-b302099a8057";

class ConnectionContract : public GatewayFixture {};

TEST_F(ConnectionContract, TwoHundredPipelinedRequestsAreAnsweredInOrder) {
  start(quick_setup());
  HttpClient client(port());
  std::string all;
  for (int i = 0; i < 200; ++i) {
    all += request_text("GET", i % 2 == 0 ? "/livez" : "/nothing", {}, {{"X-Request-Id", std::to_string(i)}});
  }
  ASSERT_TRUE(client.send(all));
  for (int i = 0; i < 200; ++i) {
    const auto reply = client.read();
    ASSERT_TRUE(reply) << i;
    EXPECT_EQ(reply->header("X-Request-Id"), std::to_string(i));
    EXPECT_EQ(reply->status, i % 2 == 0 ? 200 : 404);
  }
}

TEST_F(ConnectionContract, PipelinedRunsAreAnsweredInOrder) {
  start(quick_setup());
  HttpClient client(port());
  std::string all;
  for (int i = 0; i < 200; ++i) {
    const auto body = json::object{{"prompt", "question " + std::to_string(i)}, {"thread_id", "t"}};
    all += request_text("POST", "/analyze", json::serialize(body));
  }
  ASSERT_TRUE(client.send(all));
  for (int i = 0; i < 200; ++i) {
    const auto reply = client.read();
    ASSERT_TRUE(reply) << i;
    EXPECT_EQ(text_of(object_of(*reply), "result"), "question " + std::to_string(i));
  }
}

TEST_F(ConnectionContract, PipelinedBytesAreNotADisconnect) {
  auto setup = quick_setup("--sleep-ms 300");
  start(std::move(setup));
  HttpClient client(port());
  client.send(request_text("POST", "/analyze", R"({"prompt":"x","thread_id":"t"})"));
  std::this_thread::sleep_for(50ms);
  client.send(request_text("GET", "/livez"));
  EXPECT_EQ(client.read()->status, 200);
  EXPECT_EQ(client.read()->body, R"({"status":"ok"})");
}

TEST_F(ConnectionContract, ARequestMayArriveByteByByte) {
  auto setup = quick_setup();
  setup.gateway.server.header_timeout = 10s;
  setup.gateway.server.body_timeout = 10s;
  start(std::move(setup));
  HttpClient client(port());
  for (const char byte : request_text("POST", "/analyze", R"({"prompt":"x","thread_id":"t"})")) {
    ASSERT_TRUE(client.send(std::string_view(&byte, 1)));
  }
  EXPECT_EQ(client.read()->status, 200);
  for (const char byte : request_text("POST", "/analyze", {}, {{"Transfer-Encoding", "chunked"}}) +
                             "1d\r\n{\"prompt\":\"x\",\"thread_id\":\"t\"\r\n1;a=b\r\n}\r\n0\r\nX-Trailer: 1\r\n\r\n") {
    ASSERT_TRUE(client.send(std::string_view(&byte, 1)));
  }
  EXPECT_EQ(client.read()->status, 200);
}

TEST_F(ConnectionContract, AClientThatWaitsForContinueIsToldToGoOn) {
  start(quick_setup());
  const std::string body = R"({"prompt":"x","thread_id":"t"})";
  HttpClient client(port());
  client.send(request_text("POST", "/analyze", {},
                           {{"Content-Length", std::to_string(body.size())}, {"Expect", "100-continue"}}));
  EXPECT_EQ(client.read_head()->status, 100);
  client.send(body);
  EXPECT_EQ(client.read()->status, 200);
}

TEST_F(ConnectionContract, AHopelessBodyIsRefusedBeforeItIsSent) {
  start(quick_setup());
  HttpClient client(port());
  client.send(request_text("POST", "/analyze", {}, {{"Content-Length", "104857600"}, {"Expect", "100-continue"}}));
  EXPECT_EQ(client.read()->status, 413);
}

TEST_F(ConnectionContract, ConnectionsAreKeptAsTheClientWants) {
  start(quick_setup());
  HttpClient closing(port());
  EXPECT_EQ(closing.ask("GET", "/livez", {}, {{"Connection", "close"}})->header("Connection"), "close");
  EXPECT_TRUE(closing.closed_by_server());
  HttpClient old(port());
  old.send("GET /livez HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(old.read()->header("Connection"), "keep-alive");
  old.send("GET /livez HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.read()->header("Connection"), "close");
  EXPECT_TRUE(old.closed_by_server());
}

TEST_F(ConnectionContract, AnIdleConnectionIsClosedInTheEnd) {
  auto setup = quick_setup();
  setup.gateway.server.idle_timeout = 150ms;
  start(std::move(setup));
  HttpClient client(port());
  EXPECT_EQ(client.ask("GET", "/livez")->status, 200);
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(ConnectionContract, MoreConnectionsThanAllowedWaitForTheirTurn) {
  auto setup = quick_setup();
  setup.gateway.server.max_connections = 2;
  start(std::move(setup));
  auto first = std::make_unique<HttpClient>(port());
  HttpClient second(port());
  EXPECT_EQ(first->ask("GET", "/livez")->status, 200);
  EXPECT_EQ(second.ask("GET", "/livez")->status, 200);
  HttpClient third(port());
  third.send(request_text("GET", "/livez"));
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(open_connections(), 2U);
  first.reset();
  EXPECT_EQ(third.read()->status, 200);
}

TEST_F(ConnectionContract, ASecondConnectionJoinsTheRunOfTheFirst) {
  auto setup = quick_setup("--sleep-ms 300");
  start(std::move(setup));
  const auto body = R"({"prompt":"x","thread_id":"t","run_id":")" + kId + "\"}";
  std::vector<std::future<HttpReply>> replies;
  for (int i = 0; i < 8; ++i) {
    replies.push_back(std::async(std::launch::async, [&] { return post("/analyze", body); }));
  }
  for (auto& reply : replies) {
    const auto answer = reply.get();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(text_of(object_of(answer), "result"), "x");
  }
  EXPECT_EQ(attempts_of(kId), 1);
}

TEST_F(ConnectionContract, IdleConnectionsAreManyAndCheap) {
  start(quick_setup());
  std::vector<std::unique_ptr<HttpClient>> idle;
  for (int i = 0; i < 800; ++i) {
    idle.push_back(std::make_unique<HttpClient>(port()));
    ASSERT_TRUE(idle.back()->connected()) << i;
  }
  EXPECT_EQ(idle.back()->ask("GET", "/livez")->status, 200);
  EXPECT_EQ(idle.front()->ask("GET", "/livez")->status, 200);
  EXPECT_EQ(open_connections(), 800U);
}

TEST_F(ConnectionContract, ADrainingServerFinishesWhatItBegan) {
  auto setup = quick_setup("--sleep-ms 300");
  start(std::move(setup));
  HttpClient idle(port());
  EXPECT_EQ(idle.ask("GET", "/livez")->status, 200);
  HttpClient busy(port());
  busy.send(request_text("POST", "/analyze", R"({"prompt":"x","thread_id":"t"})"));
  while (object_of(get("/v1/runs?status=running")).at("runs").as_array().empty()) std::this_thread::sleep_for(5ms);
  stop(5s);
  const auto reply = busy.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(text_of(object_of(*reply), "result"), "x");
  EXPECT_TRUE(idle.closed_by_server());
}

}  // namespace
}  // namespace holdfast::testing
