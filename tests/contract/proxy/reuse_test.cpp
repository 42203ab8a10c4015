// Connections to workers: kept, found closed, and the second try.
#include "tests/contract/proxy/proxy_fixture.hpp"
#include "workers/idle_connections.hpp"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;

class KeptConnections : public ProxyFixture {
 protected:
  [[nodiscard]] std::string connections(const std::string& kind) const {
    return metric_of("holdfast_pass_through_connections_total{kind=\"" + kind + "\"}");
  }
};

TEST_F(KeptConnections, OneServesManyRequests) {
  start(passing_setup());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(get("/echo").header("X-Connection"), get("/echo").header("X-Connection"));
  EXPECT_EQ(connections("new"), "1");
  EXPECT_EQ(connections("reused"), "39");
  EXPECT_EQ(metric_of("holdfast_pass_through_idle_connections"), "1");
}

TEST_F(KeptConnections, TheyAreClosedAfterAWhile) {
  start(passing_setup());
  EXPECT_EQ(get("/echo").status, 200);
  std::this_thread::sleep_for(workers::IdleConnections::kLongest + 300ms);
  EXPECT_EQ(metric_of("holdfast_pass_through_idle_connections"), "0");
  EXPECT_EQ(get("/echo").status, 200);
  EXPECT_EQ(connections("new"), "2");
}

TEST_F(KeptConnections, OneThatTheWorkerHasClosedIsNotUsed) {
  start(passing_setup());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(post("/then-close", "x").body, "closing");
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_EQ(failures("no_answer"), "0");
}

TEST_F(KeptConnections, ARequestThatMayBeRepeatedGetsASecondTry) {
  start(passing_setup());
  EXPECT_EQ(get("/once").status, 200);
  EXPECT_EQ(get("/once").status, 200) << "its first try got no answer";
  EXPECT_EQ(metric_of("holdfast_pass_through_retries_total"), "1");
  EXPECT_EQ(recorded("once GET"), 3);
}

TEST_F(KeptConnections, ARequestThatMayNotBeRepeatedHasAConnectionOfItsOwn) {
  start(passing_setup());
  EXPECT_EQ(post("/once", "x").status, 200);
  EXPECT_EQ(post("/once", "x").status, 200) << "on the first connection it would get no answer";
  EXPECT_EQ(metric_of("holdfast_pass_through_retries_total"), "0");
  EXPECT_EQ(recorded("once POST"), 2);
  EXPECT_EQ(connections("new"), "2");
  EXPECT_EQ(metric_of("holdfast_pass_through_idle_connections"), "1") << "it took the place of the kept one";
}

TEST_F(KeptConnections, AFreshConnectionThatBreaksIsNotTriedAgain) {
  start(passing_setup());
  EXPECT_EQ(get("/half-head").status, 502);
  EXPECT_EQ(metric_of("holdfast_pass_through_retries_total"), "0");
}

TEST_F(KeptConnections, NorIsOneUsedForARequestWhoseBodyIsRunning) {
  start(passing_setup());
  EXPECT_EQ(http_get(port(), "/once").status, 200);
  HttpClient client(port());
  client.send("PUT /once HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhello");
  EXPECT_EQ(client.read()->status, 200);
  EXPECT_EQ(recorded("once PUT"), 1);
}

TEST_F(KeptConnections, ARequestThatMayHaveBeenSeenIsNotTriedAgain) {
  start(passing_setup());
  EXPECT_EQ(post("/die", "x").status, 502);
  EXPECT_EQ(metric_of("holdfast_pass_through_retries_total"), "0");
}

}  // namespace
}  // namespace holdfast::testing
