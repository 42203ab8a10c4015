// What one user may start: waiting for a turn, refusal, and what is never counted.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>
#include <thread>

#include "tests/contract/http/gateway_fixture.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const std::string kId = "01890a5d-ac96-774b-bcce-b302099a8057";
const std::string kQuestion = R"({"prompt":"x","thread_id":"t"})";
const HeaderList kAsync = {{"Prefer", "respond-async"}};

class AllowanceContract : public GatewayFixture {
 protected:
  static GatewaySetup setup_with(int requests, std::chrono::milliseconds window, const std::string& worker = "") {
    auto setup = quick_setup(worker);
    setup.gateway.allowance.requests = requests;
    setup.gateway.allowance.window = window;
    return setup;
  }
  [[nodiscard]] HttpReply ask() const { return post("/analyze", kQuestion, kAsync); }
};

TEST_F(AllowanceContract, AStartFarOverTheAllowanceIsRefusedAndSaysWhen) {
  start(setup_with(2, 10min));
  EXPECT_EQ(ask().status, 202);
  EXPECT_EQ(ask().status, 202);
  const auto reply = ask();
  ASSERT_EQ(reply.status, 429) << reply.body;
  EXPECT_EQ(reply.header("Content-Type"), "application/problem+json");
  const auto body = object_of(reply);
  EXPECT_THAT(text_of(body, "detail"), HasSubstr("nothing was started"));
  EXPECT_EQ(reply.header("Retry-After"), std::to_string(body.at("retry_after").as_int64()));
  EXPECT_GT(body.at("retry_after").as_int64(), 500);
  EXPECT_EQ(text_of(body, "window_usage"), "2/2");
  EXPECT_EQ(text_of(body, "burst_usage"), "2/0");
  EXPECT_EQ(body.at("retryable"), true);
}

TEST_F(AllowanceContract, AStartALittleOverTheAllowanceWaitsForItsTurn) {
  start(setup_with(1, 1500ms));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask().status, 202) << i;
}

TEST_F(AllowanceContract, JoiningNeitherCountsNorWaits) {
  start(setup_with(1, 10min));
  EXPECT_EQ(start_run(kId).status, 202);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(start_run(kId).header("Idempotent-Replayed"), "true");
  EXPECT_EQ(ask().status, 429);
  EXPECT_EQ(start_run(kId).header("Idempotent-Replayed"), "true") << "also with nothing left";
}

TEST_F(AllowanceContract, AStartThatCameToNothingIsNotCounted) {
  start(setup_with(2, 10min));
  EXPECT_EQ(start_run(kId, "one").status, 202);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(start_run(kId, "two").status, 422);
  EXPECT_EQ(ask().status, 202);
}

TEST_F(AllowanceContract, HealthChecksAndPollingAreNeverRefused) {
  start(setup_with(1, 10min));
  EXPECT_EQ(start_run(kId).status, 202);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(get("/health").status, 200);
    EXPECT_EQ(get("/health/rate-limits").status, 200);
    EXPECT_EQ(get("/v1/runs/" + kId).status, 200);
    EXPECT_EQ(get("/v1/runs").status, 200);
  }
}

TEST_F(AllowanceContract, OneUserMayNotFillTheWholeQueue) {
  auto setup = quick_setup("--sleep-ms 60000");
  setup.workers = 1;
  setup.gateway.allowance.waiting = 2;
  setup.gateway.allowance.patience = 200ms;
  start(std::move(setup));
  int accepted = 0;
  while (accepted < 10 && ask().status == 202) ++accepted;
  // One may have begun to run meanwhile.
  EXPECT_GE(accepted, 2);
  EXPECT_LE(accepted, 3);
  const auto reply = ask();
  EXPECT_EQ(reply.status, 429);
  EXPECT_THAT(reply.body, HasSubstr("limits.waiting"));
}

TEST_F(AllowanceContract, AStartWaitsForRoomInTheQueue) {
  auto setup = quick_setup("--sleep-ms 150");
  setup.workers = 1;
  setup.gateway.allowance.waiting = 1;
  setup.gateway.allowance.patience = 30s;
  start(std::move(setup));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask().status, 202) << i;
}

TEST_F(AllowanceContract, AStopEndsTheWaitingForATurn) {
  start(setup_with(1, 4s));
  EXPECT_EQ(ask().status, 202);
  HttpClient waiting(port());
  ASSERT_TRUE(waiting.send(request_text("POST", "/analyze", kQuestion)));
  while (open_connections() == 0) std::this_thread::sleep_for(1ms);
  stop(100ms);
  const auto reply = waiting.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 503);
  EXPECT_THAT(reply->body, HasSubstr("nothing was started"));
}

TEST_F(AllowanceContract, TheLimitsAndTheirUsersCanBeAsked) {
  auto setup = setup_with(300, 60s);
  setup.gateway.allowance.burst = 60;
  start(std::move(setup));
  EXPECT_EQ(ask().status, 202);
  const auto body = object_of(get("/health/rate-limits"));
  EXPECT_EQ(text_of(body, "status"), "healthy");
  EXPECT_EQ(body.at("total_tracked_clients"), 1);
  EXPECT_EQ(body.at("active_clients"), 1);
  EXPECT_EQ(body.at("rate_limit_window"), 60);
  EXPECT_EQ(body.at("rate_limit_requests"), 300);
  EXPECT_EQ(body.at("rate_limit_burst"), 60);
  EXPECT_FALSE(text_of(body, "timestamp").empty());
}

TEST_F(AllowanceContract, UnderPressureAnAnswerIsSentAllTheSame) {
  memory::MemoryView memory;
  memory.level = memory::Level::emergency;
  memory.usage = memory::Usage{Bytes(99), Bytes(100), memory::LimitSource::setting, ""};
  auto setup = quick_setup();
  setup.gateway.memory = &memory;
  start(std::move(setup));
  EXPECT_EQ(post("/analyze", kQuestion).status, 200);
  stop();
}

}  // namespace
}  // namespace holdfast::testing
