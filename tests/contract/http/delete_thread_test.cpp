// A thread that its owner no longer wants is gone, with its runs that still work.
#include <gmock/gmock.h>

#include <future>

#include "tests/contract/http/gateway_fixture.hpp"
#include "tests/contract/http/stored_runs.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

class DeleteThreadContract : public GatewayFixture {
 protected:
  HttpReply remove(const std::string& target) {
    HttpClient client(port());
    const auto reply = client.ask("DELETE", target);
    EXPECT_TRUE(reply) << target;
    return reply.value_or(HttpReply());
  }
};

TEST_F(DeleteThreadContract, EverythingOfTheThreadGoesAndNothingElse) {
  store_runs(directory_ / "journal.db",
             {{.id = numbered_id(1)}, {.id = numbered_id(2)}, {.id = numbered_id(3), .thread_id = "other"}});
  start(quick_setup());
  post("/sentiment", R"({"run_id":")" + numbered_id(1).text() + R"(","sentiment":true})");
  const auto reply = remove("/chat/t1");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto body = object_of(reply);
  EXPECT_EQ(body.at("deleted_counts").at("runs"), 2);
  EXPECT_EQ(body.at("deleted_counts").at("entries"), 6);
  EXPECT_EQ(body.at("deleted_counts").at("ratings"), 1);
  EXPECT_EQ(text_of(body, "thread_id"), "t1");
  EXPECT_EQ(text_of(body, "user_email"), kLocal);
  EXPECT_EQ(get("/v1/runs/" + numbered_id(1).text()).status, 404);
  EXPECT_EQ(get("/v1/runs/" + numbered_id(1).text() + "/timeline").status, 404);
  EXPECT_EQ(get("/v1/runs/" + numbered_id(3).text()).status, 200);
  EXPECT_EQ(object_of(get("/chat-threads")).at("total_count"), 1);
}

TEST_F(DeleteThreadContract, WhatStillWorksOrWaitsIsCancelledFirst) {
  auto setup = quick_setup("--sleep-ms 30000");
  setup.workers = 1;
  start(std::move(setup));
  for (int i = 1; i <= 3; ++i) start_run(numbered_id(i).text());
  while (text_of(object_of(get("/v1/runs/" + numbered_id(1).text())), "status") != "running") {
    std::this_thread::sleep_for(5ms);
  }
  auto waiting =
      std::async(std::launch::async, [&] { return get("/v1/runs/" + numbered_id(1).text(), {{"Prefer", "wait=20"}}); });
  EXPECT_EQ(remove("/v1/threads/t1").status, 204);
  const auto told = waiting.get();
  EXPECT_TRUE(told.status == 200 || told.status == 404) << "who waited is told: " << told.status << told.body;
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(get("/v1/runs/" + numbered_id(i).text()).status, 404);
  start_run(numbered_id(4).text());
  EXPECT_EQ(get("/v1/runs/" + numbered_id(4).text()).status, 200) << "work goes on";
}

TEST_F(DeleteThreadContract, AThreadOfSomebodyElseOrOfNobodyIsNotFound) {
  store_runs(directory_ / "journal.db", {{.id = numbered_id(1), .owner = "ann", .thread_id = "hers"}});
  start(quick_setup());
  for (const std::string face : {"/chat/", "/v1/threads/"}) {
    const auto hers = remove(face + "hers");
    EXPECT_EQ(hers.status, 404);
    EXPECT_EQ(text_of(object_of(hers), "detail"), text_of(object_of(remove(face + "none")), "detail"));
    EXPECT_EQ(remove(face + std::string(101, 't')).status, 400);
  }
  stop();
  auto store = journal::open_sqlite_store(directory_ / "journal.db", system_clock());
  EXPECT_TRUE((*store)->find(numbered_id(1)).value()) << "nothing of hers was touched";
}

TEST_F(DeleteThreadContract, ASecondDeletionFindsNothing) {
  store_runs(directory_ / "journal.db", {{.id = numbered_id(1)}});
  start(quick_setup());
  EXPECT_EQ(remove("/v1/threads/t1").status, 204);
  EXPECT_EQ(remove("/v1/threads/t1").status, 404);
}

TEST_F(DeleteThreadContract, OtherMethodsAreNotAllowed) {
  start(quick_setup());
  const auto reply = get("/chat/t1");
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.header("Allow"), "DELETE");
}

}  // namespace
}  // namespace holdfast::testing
