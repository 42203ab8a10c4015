// Connections that are upgraded: bytes both ways until one side closes.
#include "tests/contract/proxy/proxy_fixture.hpp"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Upgrade : public ProxyFixture {
 protected:
  static std::string request(const std::string& protocol = "x-echo", const std::string& more = "") {
    return "GET /upgrade HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: " + protocol +
           "\r\n" + more + "\r\n";
  }

  static std::string read(HttpClient& client, std::size_t size) {
    std::string all;
    while (all.size() < size) {
      const auto piece = client.read_raw();
      if (!piece) break;
      all += *piece;
    }
    return all;
  }

  [[nodiscard]] std::string open() const { return metric_of("holdfast_pass_through_open{kind=\"upgraded\"}"); }
};

TEST_F(Upgrade, BytesGoBothWaysUntilTheWorkerCloses) {
  start(passing_setup());
  HttpClient client(port());
  client.send(request() + "early");
  const auto head = client.read_head();
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 101);
  EXPECT_EQ(head->header("Upgrade"), "x-echo");
  EXPECT_EQ(head->header("Connection"), "Upgrade");
  EXPECT_EQ(read(client, 13), "welcome early");
  EXPECT_EQ(open(), "1");
  for (int i = 0; i < 10; ++i) {
    client.send("ping");
    EXPECT_EQ(read(client, 4), "ping");
  }
  client.send("bye");
  EXPECT_EQ(read(client, 8), "good bye");
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_EQ(open(), "0");
}

TEST_F(Upgrade, TheClientMayCloseToo) {
  start(passing_setup());
  HttpClient client(port());
  client.send(request());
  ASSERT_EQ(client.read_head()->status, 101);
  client.close();
  for (int tries = 0; tries < 100 && open() != "0"; ++tries) std::this_thread::sleep_for(20ms);
  EXPECT_EQ(open(), "0");
}

TEST_F(Upgrade, AnIdleOneIsClosed) {
  auto setup = passing_setup();
  setup.gateway.pass_through.timeout = 300ms;
  start(std::move(setup));
  HttpClient client(port());
  client.send(request());
  ASSERT_EQ(client.read_head()->status, 101);
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(150ms);
    EXPECT_TRUE(client.send("ping")) << "it is in use";
  }
  EXPECT_EQ(read(client, 28), "welcome pingpingpingpingping");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(Upgrade, AWorkerMayRefuse) {
  start(passing_setup());
  HttpClient client(port());
  EXPECT_EQ(client.ask("GET", "/teapot", {}, {{"Connection", "Upgrade"}, {"Upgrade", "x"}})->status, 418);
  EXPECT_EQ(client.ask("GET", "/chunked")->body, "hello");
}

TEST_F(Upgrade, HttpTwoAndBodiesAreNoUpgrade) {
  start(passing_setup());
  HttpClient client(port());
  client.send(request("h2c", "HTTP2-Settings: x\r\n"));
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_THAT(reply->body, ::testing::StartsWith("no upgrade"));
  EXPECT_THAT(reply->body, Not(HasSubstr("Settings")));
  const auto with_body = client.ask("POST", "/upgrade", "x", {{"Connection", "Upgrade"}, {"Upgrade", "x"}});
  EXPECT_EQ(with_body->status, 200);
}

TEST_F(Upgrade, TheServerStopsWithoutWaitingForIt) {
  start(passing_setup());
  HttpClient client(port());
  client.send(request());
  ASSERT_EQ(client.read_head()->status, 101);
  const auto began = std::chrono::steady_clock::now();
  stop(10s);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  EXPECT_TRUE(client.closed_by_server());
}

}  // namespace
}  // namespace holdfast::testing
