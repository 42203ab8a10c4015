// Reading, listing, stopping and acknowledging runs; conversations; probes; the page.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>
#include <future>

#include "tests/contract/http/gateway_fixture.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

const std::string kId = "01890a5d-ac96-774b-bcce-b302099a8057";
const std::string kPath = "/v1/runs/" + kId;

class RunRoutesContract : public GatewayFixture {};

TEST_F(RunRoutesContract, ALongPollEndsWhenTheRunMovesOn) {
  start(quick_setup("--stream --steps 3 --sleep-ms 100"));
  start_run(kId);
  std::string etag;
  std::vector<std::string> seen;
  for (int polls = 0; polls < 50; ++polls) {
    HeaderList headers{{"Prefer", "wait=10"}};
    if (!etag.empty()) headers.emplace_back("If-None-Match", etag);
    const auto reply = etag.empty() ? get(kPath) : get(kPath, headers);
    ASSERT_EQ(reply.status, 200) << reply.body;
    EXPECT_NE(reply.header("ETag"), etag);
    etag = reply.header("ETag");
    seen.push_back(text_of(object_of(reply), "status"));
    if (seen.back() == "completed") break;
  }
  EXPECT_EQ(seen.back(), "completed");
  EXPECT_GE(seen.size(), 4U) << "the steps were seen one by one";
}

TEST_F(RunRoutesContract, ALongPollOfAnUnchangedRunIsAnsweredWith304AtItsEnd) {
  auto setup = quick_setup("--sleep-ms 10000");
  setup.gateway.max_wait = 200ms;
  start(std::move(setup));
  start_run(kId);
  while (text_of(object_of(get(kPath)), "status") != "running") std::this_thread::sleep_for(5ms);
  const auto etag = get(kPath).header("ETag");
  const auto reply = get(kPath, {{"If-None-Match", etag}, {"Prefer", "wait=25"}});
  EXPECT_EQ(reply.status, 304);
  EXPECT_EQ(reply.header("ETag"), etag);
  EXPECT_EQ(reply.header("Holdfast-Run-Id"), kId);
  EXPECT_EQ(reply.body, "");
}

TEST_F(RunRoutesContract, AnUnchangedRunIsNotSentTwice) {
  start(quick_setup());
  start_run(kId);
  finished_run(kId);
  const auto first = get(kPath);
  EXPECT_EQ(text_of(object_of(first), "via"), "journal");
  EXPECT_EQ(get(kPath, {{"If-None-Match", first.header("ETag")}}).status, 304);
  EXPECT_EQ(get(kPath, {{"If-None-Match", "\"other\""}}).status, 200);
}

TEST_F(RunRoutesContract, CancellingStopsTheWork) {
  start(quick_setup("--sleep-ms 30000"));
  start_run(kId);
  const auto reply = post(kPath + "/cancel", "");
  ASSERT_EQ(reply.status, 202) << reply.body;
  EXPECT_EQ(text_of(object_of(reply), "status"), "cancelled");
  const auto again = post(kPath + "/cancel", "");
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(text_of(object_of(again), "run_id"), kId);
}

TEST_F(RunRoutesContract, AnOldClientLearnsOfACancelledRun) {
  auto setup = quick_setup("--sleep-ms 30000");
  start(std::move(setup));
  const auto body = R"({"prompt":"How many?","thread_id":"t1","run_id":")" + kId + "\"}";
  auto waiting = std::async(std::launch::async, [&] { return post("/analyze", body); });
  while (get(kPath).status != 200) std::this_thread::sleep_for(5ms);
  post(kPath + "/cancel", "");
  const auto reply = waiting.get();
  EXPECT_EQ(reply.status, 409);
  EXPECT_EQ(text_of(object_of(reply), "type"), "/problems/run-cancelled");
}

TEST_F(RunRoutesContract, AnAnswerIsAcknowledgedOnceAndForAll) {
  start(quick_setup("--sleep-ms 200"));
  start_run(kId);
  EXPECT_EQ(post(kPath + "/ack", "").status, 409) << "it is not finished";
  finished_run(kId);
  const auto inbox = [this] { return object_of(get("/v1/runs?undelivered=true")).at("runs").as_array().size(); };
  EXPECT_EQ(inbox(), 1U);
  EXPECT_EQ(post(kPath + "/ack", "").status, 204);
  EXPECT_EQ(post(kPath + "/ack", "").status, 204);
  EXPECT_EQ(inbox(), 0U);
  EXPECT_TRUE(object_of(get(kPath)).at("delivered_at").is_int64());
}

TEST_F(RunRoutesContract, RunsAreListedNewestFirstInPages) {
  start(quick_setup());
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back("01890a5d-ac96-774b-bcce-b302099a805" + std::to_string(i));
    start_run(ids.back(), "question " + std::to_string(i));
    finished_run(ids.back());
  }
  std::vector<std::string> listed;
  std::string target = "/v1/runs?limit=2&thread_id=t1";
  for (int pages = 0; pages < 4 && !target.empty(); ++pages) {
    const auto reply = get(target);
    ASSERT_EQ(reply.status, 200) << reply.body;
    for (const auto& run : object_of(reply).at("runs").as_array()) {
      listed.push_back(text_of(run.as_object(), "run_id"));
    }
    const auto link = reply.header("Link");
    target = link.empty() ? "" : link.substr(1, link.find('>') - 1);
  }
  std::ranges::reverse(ids);
  EXPECT_EQ(listed, ids);
}

TEST_F(RunRoutesContract, ListsAreFiltered) {
  start(quick_setup());
  start_run(kId);
  finished_run(kId);
  const auto count = [this](const std::string& query) {
    return object_of(get("/v1/runs?" + query)).at("runs").as_array().size();
  };
  EXPECT_EQ(count("status=completed"), 1U);
  EXPECT_EQ(count("status=failed"), 0U);
  EXPECT_EQ(count("thread_id=other"), 0U);
  EXPECT_EQ(get("/v1/runs?status=happy").status, 422);
  EXPECT_EQ(get("/v1/runs?limit=0").status, 422);
  EXPECT_EQ(get("/v1/runs?limit=x").status, 422);
  EXPECT_EQ(get("/v1/runs?undelivered=maybe").status, 422);
  EXPECT_EQ(get("/v1/runs?cursor=garbage").status, 400);
}

TEST_F(RunRoutesContract, TheTimelineTellsWhatHappened) {
  start(quick_setup("--stream --steps 1"));
  start_run(kId);
  finished_run(kId);
  const auto timeline = object_of(get(kPath + "/timeline"));
  std::vector<std::string> kinds;
  for (const auto& entry : timeline.at("entries").as_array()) kinds.push_back(text_of(entry.as_object(), "kind"));
  EXPECT_EQ(kinds, (std::vector<std::string>{"accepted", "started", "progress", "checkpoint", "completed"}));
}

TEST_F(RunRoutesContract, AConversationIsReadAsMessages) {
  start(quick_setup());
  start_run(kId, "one");
  finished_run(kId);
  const auto reply = get("/chat/t1/messages");
  ASSERT_EQ(reply.status, 200);
  const auto messages = parse_json(reply.body)->as_array();
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages.at(0).at("isUser"), true);
  EXPECT_EQ(messages.at(0).at("content"), "one");
  EXPECT_EQ(messages.at(1).at("isUser"), false);
  EXPECT_EQ(messages.at(1).at("content"), "one");
  EXPECT_EQ(messages.at(1).at("run_id").as_string(), kId);
  EXPECT_EQ(object_of(get("/chat/t1/messages?envelope=true")).at("messages").as_array().size(), 2U);
  EXPECT_EQ(get("/chat/nobody/messages").body, "[]");
}

TEST_F(RunRoutesContract, AQuestionWithoutAnAnswerYetHasAStatus) {
  start(quick_setup("--sleep-ms 3000"));
  start_run(kId, "one");
  const auto messages = parse_json(get("/chat/t1/messages").body)->as_array();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_TRUE(messages.at(0).as_object().contains("status"));
}

TEST_F(RunRoutesContract, ThreadsAreListedWithTheirFirstQuestion) {
  start(quick_setup());
  start_run(kId, "one");
  finished_run(kId);
  const auto threads = object_of(get("/v1/threads")).at("threads").as_array();
  ASSERT_EQ(threads.size(), 1U);
  EXPECT_EQ(text_of(threads.at(0).as_object(), "title"), "one");
  EXPECT_EQ(object_of(get("/v1/threads/t1/runs")).at("runs").as_array().size(), 1U);
  EXPECT_EQ(get("/v1/threads/" + std::string(101, 't') + "/runs").status, 400);
}

TEST_F(RunRoutesContract, ProbesAndHealthAnswer) {
  start(quick_setup());
  for (const auto* path : {"/livez", "/readyz", "/startupz"}) EXPECT_EQ(get(path).status, 200) << path;
  const auto health = object_of(get("/health"));
  EXPECT_EQ(text_of(health, "status"), "healthy");
  EXPECT_GT(health.at("memory").at("rss_mb").to_number<double>(), 0.1);
  EXPECT_EQ(health.at("database").at("healthy"), true);
  EXPECT_GE(health.at("total_requests_processed").as_int64(), 3);
  EXPECT_EQ(get("/initial-followup-prompts").body, R"(["What is it?","How \"many\"?"])");
}

TEST_F(RunRoutesContract, ThePageAndTheDescriptionAreServed) {
  start(quick_setup());
  const auto page = get("/");
  ASSERT_EQ(page.status, 200);
  EXPECT_THAT(page.header("Content-Type"), HasSubstr("text/html"));
  EXPECT_THAT(page.header("Content-Security-Policy"), HasSubstr("default-src 'none'"));
  EXPECT_EQ(page.header("Cross-Origin-Opener-Policy"), "same-origin");
  EXPECT_EQ(get("/", {{"If-None-Match", page.header("ETag")}}).status, 304);
  const auto packed = get("/", {{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(packed.header("Content-Encoding"), "gzip");
  EXPECT_LT(packed.body.size(), page.body.size());
  EXPECT_TRUE(object_of(get("/openapi.json")).contains("openapi"));
}

TEST_F(RunRoutesContract, HeadIsAnsweredLikeGetWithoutTheBody) {
  start(quick_setup());
  HttpClient client(port());
  const auto reply = client.ask("HEAD", "/livez");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->header("Content-Length"), "15");
  EXPECT_EQ(client.ask("GET", "/livez")->body, R"({"status":"ok"})");
}

TEST_F(RunRoutesContract, ARequestIdIsTakenOrMade) {
  start(quick_setup());
  EXPECT_EQ(get("/livez", {{"X-Request-Id", "abc-1"}}).header("X-Request-Id"), "abc-1");
  EXPECT_EQ(get("/livez").header("X-Request-Id").size(), 16U);
  EXPECT_NE(get("/livez", {{"X-Request-Id", std::string(65, 'x')}}).header("X-Request-Id"), std::string(65, 'x'));
}

}  // namespace
}  // namespace holdfast::testing
