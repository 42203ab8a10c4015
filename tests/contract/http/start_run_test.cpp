// POST /analyze and POST /v1/threads/{thread_id}/runs: every way of answering.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "tests/contract/http/gateway_fixture.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kId = "01890a5d-ac96-774b-bcce-b302099a8057";

class StartRunContract : public GatewayFixture {};

TEST_F(StartRunContract, AnOldClientGetsTheWholeAnswerBody) {
  start(quick_setup());
  const auto reply = post("/analyze", R"({"prompt":"  How many?  ","thread_id":"t1"})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto body = object_of(reply);
  EXPECT_EQ(text_of(body, "prompt"), "How many?");
  EXPECT_EQ(text_of(body, "result"), "How many?");
  EXPECT_EQ(text_of(body, "response"), "How many?");
  EXPECT_EQ(text_of(body, "thread_id"), "t1");
  EXPECT_EQ(text_of(body, "run_id"), reply.header("Holdfast-Run-Id"));
  EXPECT_EQ(text_of(body, "server_status"), "completed");
  EXPECT_EQ(text_of(body, "via"), "direct");
  for (const auto* key :
       {"queries_and_results", "datasets_used", "top_selection_codes", "sql", "datasetUrl", "top_chunks",
        "followup_prompts", "iteration", "max_iterations", "memory_usage_mb", "analysis_completed", "timestamp"}) {
    EXPECT_TRUE(body.contains(key)) << key;
  }
  EXPECT_EQ(reply.header("Cache-Control"), "no-store");
  EXPECT_EQ(reply.header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(reply.header("Referrer-Policy"), "no-referrer");
}

TEST_F(StartRunContract, TheNativeFaceAnswersWithTheRunObject) {
  start(quick_setup());
  const auto reply = post("/v1/threads/t1/runs", R"({"prompt":"How many?","run_id":")" + kId + "\"}");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto run = object_of(reply);
  EXPECT_EQ(text_of(run, "run_id"), kId);
  EXPECT_EQ(text_of(run, "status"), "completed");
  EXPECT_EQ(run.at("result"), (json::object{{"result", "How many?"}}));
  EXPECT_TRUE(run.at("usage").as_object().contains("timing_ms"));
  EXPECT_GE(run.at("finished_at").as_int64(), run.at("created_at").as_int64());
}

TEST_F(StartRunContract, RespondAsyncIsAnsweredAtOnceAndSaysWhereTheRunIs) {
  start(quick_setup("--sleep-ms 300"));
  const auto reply = start_run(kId);
  ASSERT_EQ(reply.status, 202) << reply.body;
  EXPECT_EQ(reply.header("Location"), "/v1/runs/" + kId);
  EXPECT_EQ(reply.header("Holdfast-Run-Id"), kId);
  EXPECT_EQ(reply.header("Retry-After"), "2");
  EXPECT_EQ(reply.header("Preference-Applied"), "respond-async");
  EXPECT_EQ(text_of(object_of(reply), "status"), "queued");
  EXPECT_EQ(text_of(finished_run(kId), "status"), "completed");
}

TEST_F(StartRunContract, AWaitThatIsTooShortIsAnsweredWith202) {
  start(quick_setup("--sleep-ms 1500"));
  const auto reply = post("/analyze", R"({"prompt":"x","thread_id":"t"})", {{"Prefer", "wait=0"}});
  EXPECT_EQ(reply.status, 202) << reply.body;
  EXPECT_EQ(reply.header("Preference-Applied"), "wait=0");
}

TEST_F(StartRunContract, AWaitThatIsLongEnoughIsAnsweredWithTheAnswer) {
  start(quick_setup("--sleep-ms 200"));
  const auto reply = post("/analyze", R"({"prompt":"x","thread_id":"t"})", {{"Prefer", "wait=99999"}});
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.header("Preference-Applied"), "wait=25");
  EXPECT_EQ(text_of(object_of(reply), "result"), "x");
}

TEST_F(StartRunContract, ASlowAnswerToAnOldClientIsPrecededByWhiteSpace) {
  start(early_setup("--sleep-ms 400"));
  HttpClient client(port());
  ASSERT_TRUE(client.send(request_text("POST", "/analyze", R"({"prompt":"x","thread_id":"t"})")));
  const auto head = client.read_head();
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(client.read_piece(), " ");
  std::string all = " ";
  int spaces = 1;
  while (auto piece = client.read_piece()) {
    if (*piece == " ") ++spaces;
    all += *piece;
  }
  EXPECT_TRUE(client.body_complete());
  EXPECT_GE(spaces, 3) << "a space for every heartbeat";
  EXPECT_EQ(text_of(object_of(all), "result"), "x");
  const auto next = client.ask("GET", "/livez");
  ASSERT_TRUE(next) << "the connection can be used again";
  EXPECT_EQ(next->status, 200);
}

TEST_F(StartRunContract, AFailureAfterEarlyBytesIsInTheBody) {
  start(early_setup("--sleep-ms 300 --status 500"));
  const auto reply = post("/analyze", R"({"prompt":"x","thread_id":"t"})");
  ASSERT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, StartsWith(" "));
  const auto body = object_of(reply);
  EXPECT_EQ(text_of(body, "server_status"), "failed");
  EXPECT_FALSE(text_of(body, "error").empty());
  EXPECT_FALSE(text_of(body, "result").empty());
  EXPECT_EQ(text_of(body, "run_id"), reply.header("Holdfast-Run-Id"));
  EXPECT_EQ(body.at("analysis_completed"), false);
}

TEST_F(StartRunContract, AFailureBeforeEarlyBytesIsAProblemDocument) {
  start(quick_setup("--status 500"));
  const auto reply = post("/analyze", R"({"prompt":"x","thread_id":"t"})");
  ASSERT_EQ(reply.status, 500) << reply.body;
  EXPECT_EQ(reply.header("Content-Type"), "application/problem+json");
  const auto body = object_of(reply);
  EXPECT_EQ(text_of(body, "type"), "/problems/run-failed");
  EXPECT_EQ(text_of(body, "instance"), "/analyze");
  EXPECT_FALSE(text_of(body, "detail").empty());
  EXPECT_FALSE(text_of(body, "run_id").empty());
}

TEST_F(StartRunContract, RepeatingARequestJoinsItsRun) {
  start(quick_setup("--sleep-ms 400"));
  const auto body = R"({"prompt":"x","thread_id":"t","run_id":")" + kId + "\"}";
  EXPECT_EQ(post("/analyze", body, {{"Prefer", "respond-async"}}).header("Idempotent-Replayed"), "");
  const auto joined = post("/analyze", body);
  EXPECT_EQ(joined.status, 200);
  EXPECT_EQ(joined.header("Idempotent-Replayed"), "true");
  EXPECT_EQ(text_of(object_of(joined), "via"), "direct");
  const auto replayed = post("/analyze", body);
  EXPECT_EQ(text_of(object_of(replayed), "via"), "replayed");
  EXPECT_EQ(attempts_of(kId), 1);
}

TEST_F(StartRunContract, AnIdempotencyKeyIsTheRunId) {
  start(quick_setup());
  const auto body = R"({"prompt":"x","thread_id":"t"})";
  EXPECT_EQ(post("/analyze", body, {{"Idempotency-Key", kId}}).header("Holdfast-Run-Id"), kId);
  EXPECT_EQ(post("/analyze", body, {{"Idempotency-Key", "\"" + kId + "\""}}).header("Idempotent-Replayed"), "true");
  EXPECT_EQ(attempts_of(kId), 1);
}

TEST_F(StartRunContract, TheSameRunIdWithAnotherPromptIsRefused) {
  start(quick_setup());
  start_run(kId, "one");
  const auto reply = start_run(kId, "two");
  EXPECT_EQ(reply.status, 422) << reply.body;
  EXPECT_EQ(text_of(object_of(reply), "type"), "/problems/run-id-in-use");
  EXPECT_EQ(text_of(object_of(reply), "run_id"), kId);
}

TEST_F(StartRunContract, AFullQueueIsAnsweredWith503AndNothingIsStarted) {
  auto setup = quick_setup("--sleep-ms 3000");
  setup.workers = 1;
  setup.queue_limit = 1;
  start(std::move(setup));
  int refused = 0;
  HttpReply last;
  for (int i = 0; i < 6 && refused == 0; ++i) {
    last = post("/analyze", R"({"prompt":"x","thread_id":"t"})", {{"Prefer", "respond-async"}});
    if (last.status == 503) ++refused;
  }
  ASSERT_EQ(refused, 1);
  EXPECT_FALSE(last.header("Retry-After").empty());
  EXPECT_EQ(object_of(last).at("retryable"), true);
}

TEST_F(StartRunContract, WhatElseTheClientSendsReachesTheWorkerUntouched) {
  start(quick_setup("--report"));
  const auto reply = post("/analyze", R"({"prompt":"x","thread_id":"t","checkpoint":{"n":1.50e3},"stream":false})",
                          {{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}});
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_THAT(reply.body, HasSubstr(R"("checkpoint":{"n":1.50e3})"));
  EXPECT_EQ(text_of(object_of(reply), "traceparent"), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
}

TEST_F(StartRunContract, ADisconnectNeverCancelsTheRun) {
  start(early_setup("--sleep-ms 500"));
  {
    HttpClient client(port());
    ASSERT_TRUE(
        client.send(request_text("POST", "/analyze", R"({"prompt":"x","thread_id":"t","run_id":")" + kId + "\"}")));
    ASSERT_TRUE(client.read_head());
    client.reset();
  }
  EXPECT_EQ(text_of(finished_run(kId), "status"), "completed");
  EXPECT_EQ(attempts_of(kId), 1);
}

TEST_F(StartRunContract, AClientThatLeftIsForgottenAtOnce) {
  auto setup = quick_setup("--sleep-ms 5000");
  start(std::move(setup));
  for (int i = 0; i < 8; ++i) {
    HttpClient client(port());
    ASSERT_TRUE(client.send(request_text("POST", "/analyze", R"({"prompt":"x","thread_id":"t"})")));
    HttpClient watcher(port());
    ASSERT_EQ(watcher.ask("GET", "/livez")->status, 200);
  }
  // Only the connection that asks is left.
  for (int tries = 0; tries < 100 && open_connections() > 1; ++tries) std::this_thread::sleep_for(10ms);
  EXPECT_LE(open_connections(), 1U);
}

TEST_F(StartRunContract, HttpTenGetsTheAnswerUntilTheConnectionCloses) {
  start(early_setup("--sleep-ms 300"));
  HttpClient client(port());
  const std::string body = R"({"prompt":"x","thread_id":"t"})";
  ASSERT_TRUE(
      client.send("POST /analyze HTTP/1.0\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body));
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_EQ(reply->header("Transfer-Encoding"), "");
  EXPECT_EQ(reply->header("Connection"), "close");
  EXPECT_EQ(text_of(object_of(*reply), "result"), "x");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(StartRunContract, ARunThatComesWhileTheServerStopsIsToldThat) {
  start(quick_setup("--no-answer"));
  const std::string id = "01890a5d-ac96-774b-bcce-b302099a80ff";
  ASSERT_EQ(start_run(id).status, 202);
  for (int tries = 0; tries < 3000 && attempts_of(id) == 0; ++tries) std::this_thread::sleep_for(5ms);
  std::jthread stopping([this] { stop(30s); });
  for (int tries = 0; tries < 3000 && get("/readyz").status == 200; ++tries) std::this_thread::sleep_for(5ms);
  const auto reply = post("/analyze", R"({"prompt":"x","thread_id":"t"})");
  EXPECT_EQ(reply.status, 503);
  EXPECT_FALSE(reply.header("Retry-After").empty());
  const auto problem = object_of(reply);
  EXPECT_EQ(text_of(problem, "type"), "/problems/stopping");
  EXPECT_EQ(text_of(problem, "title"), "The server is stopping");
  EXPECT_EQ(find_bool(problem, "retryable"), true);
  EXPECT_EQ(post("/v1/runs/" + id + "/cancel", "").status, 202) << "nothing is left to wait for";
}

}  // namespace
}  // namespace holdfast::testing
