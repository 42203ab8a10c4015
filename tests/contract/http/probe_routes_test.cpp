// The routes by which `holdfast doctor` measures the path to a server.
#include <gmock/gmock.h>

#include "tests/contract/http/gateway_fixture.hpp"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;

class ProbeContract : public GatewayFixture {};

TEST_F(ProbeContract, AHeldRequestIsSilentAndTellsWhichHeadersCameThrough) {
  start(quick_setup());
  HttpClient client(port());
  const auto began = std::chrono::steady_clock::now();
  const auto reply = client.ask("GET", "/v1/probe/hold?seconds=1", "", {{"Last-Event-ID", "7"}, {"Prefer", "wait=1"}});
  ASSERT_TRUE(reply);
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::seconds(1));
  EXPECT_THAT(reply->body, HasSubstr(R"("held_seconds":1)"));
  EXPECT_THAT(reply->body, HasSubstr(R"("headers":{"Prefer":"wait=1","Last-Event-ID":"7"})"));
  EXPECT_EQ(reply->header("ETag"), "\"probe\"");
}

TEST_F(ProbeContract, AStreamSendsOneEventASecond) {
  start(quick_setup());
  HttpClient client(port());
  client.send(request_text("GET", "/v1/probe/stream?events=2"));
  ASSERT_EQ(client.read_head()->header("Content-Type"), "text/event-stream; charset=utf-8");
  EXPECT_EQ(client.read_piece(), "id: 1\nevent: probe\ndata: {\"event\":1}\n\n");
  EXPECT_EQ(client.read_piece(), "id: 2\nevent: probe\ndata: {\"event\":2}\n\n");
  EXPECT_FALSE(client.read_piece());
  EXPECT_TRUE(client.body_complete());
}

TEST_F(ProbeContract, NumbersOutOfRangeAreRefused) {
  start(quick_setup());
  for (const auto* target : {"/v1/probe/hold?seconds=181", "/v1/probe/hold?seconds=-1", "/v1/probe/hold?seconds=x",
                             "/v1/probe/stream?events=0", "/v1/probe/stream?events=61"}) {
    EXPECT_EQ(get(target).status, 422) << target;
  }
}

TEST_F(ProbeContract, TheyAreBoundedAndEndWithTheirClients) {
  start(quick_setup());
  {
    std::vector<std::unique_ptr<HttpClient>> clients;
    for (int i = 0; i < 32; ++i) {
      clients.push_back(std::make_unique<HttpClient>(port()));
      clients.back()->send(request_text("GET", "/v1/probe/hold?seconds=180"));
    }
    while (get("/v1/probe/hold?seconds=0").status != 503) {
    }
  }
  while (get("/v1/probe/hold?seconds=0").status != 200) {
  }
}

}  // namespace
}  // namespace holdfast::testing
