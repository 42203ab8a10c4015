// Building a response fails, for every kind of response. The client is told that its run has ended, the answer stays
// where it was, and the server goes on.
#include <gmock/gmock.h>

#include "base/fault_point.hpp"
#include "tests/contract/http/gateway_fixture.hpp"

#ifdef HOLDFAST_HOOK_POINTS

namespace holdfast::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kId = "01890a5d-ac96-774b-bcce-b302099a8057";
const std::string kRun = "/v1/runs/" + kId;
const std::string kAnalyze = R"({"prompt":"How many?","thread_id":"t1","run_id":")" + kId + "\"}";
const std::string kNative = R"({"prompt":"How many?","run_id":")" + kId + "\"}";

/// The fault can be either: the client sees the same.
class ResponseGuarantee : public GatewayFixture, public ::testing::WithParamInterface<Fault> {
 protected:
  ~ResponseGuarantee() override { arm_fault("", Fault::none); }

  static void break_building() { arm_fault("gateway.build_response", GetParam()); }
  static void repair() { arm_fault("", Fault::none); }

  static void expect_fallback(std::string_view text) {
    const auto body = object_of(text);
    EXPECT_EQ(text_of(body, "server_status"), "completed_with_response_error") << text;
    EXPECT_EQ(text_of(body, "run_id"), kId);
    EXPECT_EQ(text_of(body, "thread_id"), "t1");
    EXPECT_EQ(body.at("analysis_completed"), true);
    EXPECT_THAT(text_of(body, "recovery_note"), HasSubstr(kRun));
    for (const auto* key : {"response", "error"}) EXPECT_FALSE(text_of(body, key).empty()) << key;
  }
  static void expect_fallback(const HttpReply& reply) {
    EXPECT_EQ(reply.status, 200);
    EXPECT_TRUE(reply.complete);
    EXPECT_EQ(reply.header("Holdfast-Run-Id"), kId);
    expect_fallback(std::string_view(reply.body));
  }

  /// What the guarantee is for: the answer is there, undelivered, and was found by one execution.
  void expect_nothing_lost() {
    repair();
    const auto reply = get(kRun);
    ASSERT_EQ(reply.status, 200) << reply.body;
    const auto run = object_of(reply);
    EXPECT_EQ(text_of(run, "status"), "completed");
    EXPECT_EQ(run.at("result"), (json::object{{"result", "How many?"}}));
    EXPECT_TRUE(run.at("delivered_at").is_null());
    EXPECT_THAT(get("/v1/runs?undelivered=true").body, HasSubstr(kId));
    EXPECT_EQ(attempts_of(kId), 1);
  }
};

TEST_P(ResponseGuarantee, ACompatibleAnswerThatCannotBeBuiltIsReplacedByTheFallback) {
  start(quick_setup("--sleep-ms 100"));
  break_building();
  const auto reply = post("/analyze", kAnalyze);
  expect_fallback(reply);
  EXPECT_EQ(text_of(object_of(reply), "result"), text_of(object_of(reply), "response"));
  expect_nothing_lost();
}

TEST_P(ResponseGuarantee, ANativeAnswerThatCannotBeBuiltIsReplacedByTheFallback) {
  start(quick_setup("--sleep-ms 100"));
  break_building();
  expect_fallback(post("/v1/threads/t1/runs", kNative));
  expect_nothing_lost();
}

TEST_P(ResponseGuarantee, AnAnswerThatIsReadCannotBeBuilt) {
  start(quick_setup());
  ASSERT_EQ(post("/analyze", kAnalyze).status, 200);
  break_building();
  expect_fallback(get(kRun));
  expect_fallback(get(kRun, {{"Prefer", "wait=1"}}));
  expect_nothing_lost();
}

TEST_P(ResponseGuarantee, AReplayedAnswerCannotBeBuilt) {
  start(quick_setup());
  ASSERT_EQ(post("/analyze", kAnalyze).status, 200);
  break_building();
  expect_fallback(post("/analyze", kAnalyze));
  expect_nothing_lost();
}

TEST_P(ResponseGuarantee, AnAnswerAfterEarlyBytesIsReplacedByTheFallbackInTheSameBody) {
  start(early_setup("--sleep-ms 400"));
  break_building();
  const auto reply = post("/analyze", kAnalyze);
  EXPECT_THAT(reply.body, StartsWith(" "));
  expect_fallback(reply);
  expect_nothing_lost();
}

TEST_P(ResponseGuarantee, AStreamEndsWithTheFallbackAndCanBeResumedToTheTrueEnd) {
  start(quick_setup());
  start_run(kId);
  finished_run(kId);
  break_building();
  const auto reply = get(kRun + "/events");
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(reply.complete);
  const auto done = reply.body.find("event: done\ndata: ");
  ASSERT_NE(done, std::string::npos) << reply.body;
  expect_fallback(std::string_view(reply.body).substr(done + 18));
  EXPECT_THAT(reply.body, Not(HasSubstr("\nid: ")));
  repair();
  EXPECT_THAT(get(kRun + "/events").body, HasSubstr("\"via\":\"stream\""));
  expect_nothing_lost();
}

TEST_P(ResponseGuarantee, ACompatibleStreamEndsWithTheFallback) {
  start(quick_setup());
  ASSERT_EQ(post("/analyze", kAnalyze).status, 200);
  break_building();
  const auto reply = post("/analyze", kAnalyze, {{"Accept", "text/event-stream"}});
  EXPECT_TRUE(reply.complete);
  const std::string kBefore = R"(data: {"type":"final","data":)";
  const auto final = reply.body.find(kBefore);
  ASSERT_NE(final, std::string::npos) << reply.body;
  const auto data = reply.body.substr(final + kBefore.size());
  expect_fallback(std::string_view(data).substr(0, data.rfind('}')));
  expect_nothing_lost();
}

TEST_P(ResponseGuarantee, AStreamThatCannotTellItsNewsBreaksOffWithoutAnEnd) {
  start(quick_setup("--sleep-ms 600"));
  start_run(kId);
  break_building();
  const auto reply = get(kRun + "/events");
  EXPECT_FALSE(reply.complete);
  EXPECT_THAT(reply.body, Not(HasSubstr("event: done")));
  repair();
  EXPECT_EQ(text_of(finished_run(kId), "status"), "completed");
  expect_nothing_lost();
}

TEST_P(ResponseGuarantee, AnAcceptedRunThatCannotBeShownGoesOn) {
  start(quick_setup());
  break_building();
  const auto reply = post("/analyze", kAnalyze, {{"Prefer", "respond-async"}});
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.header("Content-Type"), "application/problem+json");
  EXPECT_FALSE(reply.header("Retry-After").empty());
  EXPECT_EQ(text_of(object_of(reply), "run_id"), kId);
  repair();
  EXPECT_EQ(text_of(finished_run(kId), "status"), "completed");
  expect_nothing_lost();
}

TEST_P(ResponseGuarantee, AFailureThatCannotBeToldInFullKeepsItsStatus) {
  start(quick_setup("--status 500"));
  break_building();
  const auto reply = post("/analyze", kAnalyze);
  EXPECT_EQ(reply.status, 500);
  const auto body = object_of(reply);
  EXPECT_EQ(text_of(body, "server_status"), "failed_with_response_error");
  EXPECT_EQ(body.at("analysis_completed"), false);
  EXPECT_FALSE(text_of(body, "detail").empty());
}

TEST_P(ResponseGuarantee, ACancellationThatCannotBeShownIsDoneAllTheSame) {
  start(quick_setup("--sleep-ms 60000"));
  start_run(kId);
  break_building();
  const auto reply = post(kRun + "/cancel", "");
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(text_of(object_of(reply), "server_status"), "cancelled_with_response_error");
  repair();
  EXPECT_EQ(text_of(finished_run(kId), "status"), "cancelled");
}

TEST_P(ResponseGuarantee, AListThatCannotBeBuiltIsAskedForAgain) {
  start(quick_setup());
  ASSERT_EQ(post("/analyze", kAnalyze).status, 200);
  break_building();
  for (const std::string& target : {std::string("/v1/runs"), std::string("/v1/threads/t1/runs"),
                                    std::string("/chat/t1/messages"), kRun + "/timeline", std::string("/metrics")}) {
    const auto reply = get(target);
    EXPECT_EQ(reply.status, 503) << target;
    EXPECT_EQ(object_of(reply).at("retryable"), true);
    EXPECT_FALSE(reply.header("Retry-After").empty());
  }
  expect_nothing_lost();
}

TEST_P(ResponseGuarantee, AnAnswerWhoseHeadCannotBeBuiltGoesOutWithAShorterHead) {
  start(quick_setup());
  arm_fault("gateway.build_head", GetParam());
  const auto reply = post("/analyze", kAnalyze);
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(reply.complete);
  EXPECT_EQ(reply.header("Content-Type"), "application/json");
  EXPECT_EQ(reply.header("Holdfast-Run-Id"), kId);
  EXPECT_EQ(text_of(object_of(reply), "result"), "How many?");
  const auto stream = get(kRun + "/events");
  EXPECT_TRUE(stream.complete);
  EXPECT_THAT(stream.body, EndsWith("}\n\n"));
  expect_nothing_lost();
}

INSTANTIATE_TEST_SUITE_P(Faults, ResponseGuarantee, ::testing::Values(Fault::out_of_memory, Fault::defect),
                         [](const auto& fault) { return fault.param == Fault::defect ? "Defect" : "OutOfMemory"; });

}  // namespace
}  // namespace holdfast::testing

#endif
