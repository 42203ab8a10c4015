// A run that was delivered and kept long enough is gone, and says so; one that was not delivered stays.
#include <gmock/gmock.h>

#include "tests/contract/http/gateway_fixture.hpp"
#include "tests/contract/http/stored_runs.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

const std::string kOld = numbered_id(1).text();
const std::string kOldUndelivered = numbered_id(2).text();
const std::string kNew = numbered_id(3).text();

class RetentionContract : public GatewayFixture {
 protected:
  void SetUp() override {
    const auto path = directory_ / "journal.db";
    const auto long_ago = system_clock().wall() - std::chrono::milliseconds(std::chrono::days(31)).count();
    store_runs(path, {{.id = numbered_id(1), .thread_id = "old"}}, long_ago, Stored::delivered);
    store_runs(path, {{.id = numbered_id(2)}}, long_ago);
    store_runs(path, {{.id = numbered_id(3)}}, {}, Stored::delivered);
  }
  void start_with_retention(std::chrono::milliseconds age) {
    auto setup = quick_setup();
    setup.retention.age = age;
    setup.retention.interval = 20ms;
    setup.retention.batch = 1;
    start(std::move(setup));
  }
  void wait_until_gone(const std::string& id) {
    for (int i = 0; i < 2000 && get("/v1/runs/" + id).status != 410; ++i) std::this_thread::sleep_for(5ms);
  }
};

TEST_F(RetentionContract, ARetiredRunIsGoneEverywhereAndSaysSo) {
  start_with_retention(std::chrono::days(30));
  wait_until_gone(kOld);
  const auto reply = get("/v1/runs/" + kOld);
  ASSERT_EQ(reply.status, 410) << reply.body;
  EXPECT_EQ(reply.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(text_of(object_of(reply), "run_id"), kOld);
  EXPECT_EQ(object_of(reply).at("retryable"), false);
  EXPECT_EQ(get("/v1/runs/" + kOld, {{"If-None-Match", "*"}}).status, 410);
  EXPECT_EQ(get("/v1/runs/" + kOld + "/events").status, 410);
  EXPECT_EQ(get("/v1/runs/" + kOld + "/timeline").status, 410);
  EXPECT_EQ(get("/debug/run-id/" + kOld).status, 410);
  EXPECT_EQ(post("/feedback", R"({"run_id":")" + kOld + R"(","feedback":1})").status, 410);
  EXPECT_EQ(post("/v1/runs/" + kOld + "/ack", "").status, 204) << "it was delivered";
  EXPECT_EQ(post("/v1/runs/" + kOld + "/cancel", "").status, 409);
  EXPECT_EQ(get("/chat/old/messages").body, "[]");
  EXPECT_EQ(object_of(get("/chat-threads")).at("total_count"), 1);
  EXPECT_EQ(object_of(get("/v1/runs")).at("runs").as_array().size(), 2U);
}

TEST_F(RetentionContract, ARetiredRunIsNeverExecutedAgain) {
  start_with_retention(std::chrono::days(30));
  wait_until_gone(kOld);
  for (const auto* prefer : {"respond-async", "wait=5", "handling=strict"}) {
    const auto body = R"({"prompt":"How many?","run_id":")" + kOld + "\"}";
    EXPECT_EQ(post("/v1/threads/old/runs", body, {{"Prefer", prefer}}).status, 410) << prefer;
  }
  const auto body = R"({"prompt":"How many?","thread_id":"old","stream":true,"run_id":")" + kOld + "\"}";
  EXPECT_EQ(post("/analyze", body).status, 410);
  EXPECT_EQ(object_of(get("/v1/runs")).at("runs").as_array().size(), 2U);
}

TEST_F(RetentionContract, WhatWasNotDeliveredOrIsRecentStays) {
  start_with_retention(std::chrono::days(30));
  wait_until_gone(kOld);
  EXPECT_EQ(get("/v1/runs/" + kOldUndelivered).status, 200);
  EXPECT_EQ(get("/v1/runs/" + kNew).status, 200);
  // Its time begins with its delivery.
  EXPECT_EQ(post("/v1/runs/" + kOldUndelivered + "/ack", "").status, 204);
  std::this_thread::sleep_for(60ms);
  EXPECT_EQ(get("/v1/runs/" + kOldUndelivered).status, 200);
}

TEST_F(RetentionContract, WithoutALimitEverythingIsKept) {
  start_with_retention(0ms);
  std::this_thread::sleep_for(60ms);
  EXPECT_EQ(get("/v1/runs/" + kOld).status, 200);
}

}  // namespace
}  // namespace holdfast::testing
