// The JSON that clients see, as a whole: run object, compatible answer, messages, problems, events.
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "gateway/analyze_json.hpp"
#include "gateway/chat_json.hpp"
#include "gateway/event_stream.hpp"
#include "gateway/run_json.hpp"
#include "gateway/sse.hpp"

namespace holdfast::gateway {
namespace {

using journal::Entry;
using journal::EntryKind;
using journal::RunStatus;

constexpr UnixMillis kAsked = 1'767'225'600'000;

journal::Run run_with(RunStatus status) {
  journal::Run run{.id = RunId::parse("01890a5d-ac96-774b-bcce-b302099a8057").value()};
  run.owner = "local";
  run.thread_id = "t1";
  run.prompt = "How many?";
  run.status = status;
  run.attempt = 1;
  run.last_seq = 4;
  run.created_at = kAsked;
  return run;
}

journal::Run completed(std::string result) {
  auto run = run_with(RunStatus::completed);
  run.started_at = kAsked + 10;
  run.finished_at = kAsked + 1234;
  run.result = std::move(result);
  run.usage = R"({"timing_ms":{"queued":10}})";
  return run;
}

journal::Run failed(std::string error, RunStatus status = RunStatus::failed) {
  auto run = run_with(status);
  run.finished_at = kAsked + 1234;
  run.error = std::move(error);
  return run;
}

TEST(RunJsonTest, ACompletedRunCarriesItsAnswerAsStored) {
  EXPECT_EQ(run_json(completed(R"({"result":"42","n":1.50})"), std::nullopt, Via::poll),
            R"({"run_id":"01890a5d-ac96-774b-bcce-b302099a8057","thread_id":"t1","status":"completed",)"
            R"("prompt":"How many?","created_at":1767225600000,"started_at":1767225600010,)"
            R"("finished_at":1767225601234,"delivered_at":null,"attempt":1,"result":{"result":"42","n":1.50},)"
            R"("usage":{"timing_ms":{"queued":10}},"via":"poll"})");
}

TEST(RunJsonTest, AQueuedRunSaysWhereItStandsAndHasNoVia) {
  auto run = run_with(RunStatus::queued);
  run.attempt = 0;
  const runs::QueuePlace place{.position = 2, .reason = "workers_busy", .detail = "", .estimate_seconds = 14};
  EXPECT_EQ(run_json(run, place, Via::poll),
            R"({"run_id":"01890a5d-ac96-774b-bcce-b302099a8057","thread_id":"t1","status":"queued",)"
            R"("prompt":"How many?","created_at":1767225600000,"started_at":null,"finished_at":null,)"
            R"("delivered_at":null,"attempt":0,)"
            R"("queue":{"position":2,"reason":"workers_busy","estimate_seconds":14},"usage":{}})");
}

TEST(RunJsonTest, ARunThatWaitsAtAnotherInstanceHasNoPositionHere) {
  const auto run = run_with(RunStatus::queued);
  const runs::QueuePlace place{.position = {}, .reason = "at_another_instance", .detail = "", .estimate_seconds = {}};
  EXPECT_EQ(place_json(place), R"({"position":null,"reason":"at_another_instance","estimate_seconds":null})");
  EXPECT_EQ(run_etag(run, place), "\"4\"");
}

TEST(RunEtagTest, ItChangesWithTheRunAndWithItsPlace) {
  const auto run = run_with(RunStatus::queued);
  const runs::QueuePlace second{.position = 2, .reason = "workers_busy", .detail = "", .estimate_seconds = {}};
  EXPECT_EQ(run_etag(run, std::nullopt), "\"4\"");
  EXPECT_EQ(run_etag(run, second), "\"4.2\"");
}

TEST(AnalyzeJsonTest, TheWorkersMembersStandOverTheDefaults) {
  EXPECT_EQ(analyze_json(completed(R"({"result":"42","sql":"SELECT 1","iteration":2,"run_id":"other","extra":[1.0]})"),
                         Via::direct, kAsked),
            R"({"prompt":"How many?","result":"42","run_id":"01890a5d-ac96-774b-bcce-b302099a8057","thread_id":"t1",)"
            R"("sql":"SELECT 1","iteration":2,"extra":[1.0],"queries_and_results":[],"datasets_used":[],)"
            R"("top_selection_codes":[],"datasetUrl":null,"top_chunks":[],"followup_prompts":[],"max_iterations":0,)"
            R"("memory_usage_mb":0,"analysis_completed":true,"server_status":"completed",)"
            R"("timestamp":"2026-01-01T00:00:01.234Z","response":"42","usage":{"timing_ms":{"queued":10}},)"
            R"("via":"direct"})");
}

TEST(AnalyzeJsonTest, TheTextIsNeverEmptyWhateverTheWorkerSends) {
  EXPECT_EQ(answer_text(completed(R"({"result":"","response":"r"})")), "r");
  EXPECT_EQ(answer_text(completed(R"({"answer":"a"})")), "a");
  EXPECT_EQ(answer_text(completed(R"("plain")")), "plain");
  EXPECT_EQ(answer_text(completed(R"([1,2])")), "[1,2]");
  EXPECT_EQ(answer_text(completed(R"({"rows":3})")), R"({"rows":3})");
  for (const auto* nothing : {"", "{}", "null", R"("")", R"({"result":""})"}) {
    EXPECT_FALSE(answer_text(completed(nothing)).empty()) << nothing;
  }
}

TEST(AnalyzeJsonTest, AResultThatIsNoObjectStillGivesAWholeBody) {
  for (const auto* result : {"[1,2]", R"("plain")", "7", "null", "{}", ""}) {
    const auto body = parse_json_object(analyze_json(completed(result), Via::direct, kAsked));
    ASSERT_TRUE(body) << result;
    EXPECT_FALSE(body->at("result").as_string().empty()) << result;
    EXPECT_EQ(body->at("queries_and_results").as_array().size(), 0U);
  }
}

TEST(RunProblemTest, EveryWayOfNotCompletingHasItsStatus) {
  const auto problem = problem_of_run(failed(R"({"code":"unavailable","message":"no model"})"));
  EXPECT_EQ(problem.status, 500);
  EXPECT_EQ(problem.detail, "no model");
  EXPECT_EQ(problem.retryable, true);
  EXPECT_EQ(problem.run_id, "01890a5d-ac96-774b-bcce-b302099a8057");
  EXPECT_EQ(problem_of_run(failed(R"({"code":"internal","message":"x"})")).retryable, false);
  EXPECT_EQ(problem_of_run(failed("", RunStatus::expired)).status, 504);
  EXPECT_EQ(problem_of_run(failed("", RunStatus::cancelled)).status, 409);
  EXPECT_FALSE(problem_of_run(failed("not json")).detail.empty());
}

TEST(RunProblemTest, TheLateFormCarriesWhatOldClientsRead) {
  const auto run = failed(R"({"code":"internal","message":"the worker died"})");
  const auto body = parse_json_object(late_problem_json(run, problem_of_run(run), "/analyze"));
  ASSERT_TRUE(body);
  for (const auto* key : {"error", "result", "response", "detail"}) EXPECT_EQ(body->at(key), "the worker died") << key;
  EXPECT_EQ(body->at("server_status"), "failed");
  EXPECT_EQ(body->at("analysis_completed"), false);
  EXPECT_EQ(body->at("status"), 500);
  EXPECT_EQ(body->at("thread_id"), "t1");
}

TEST(ProblemTest, TheDocumentHasItsMembersInOrder) {
  auto problem = invalid_shape({FieldError{{"body", "prompt"}, "the prompt is empty", "string_too_short"}});
  EXPECT_EQ(problem_json(problem, "/analyze"),
            R"({"type":"/problems/invalid-request","title":"The request does not have the right shape","status":422,)"
            R"("detail":"prompt: the prompt is empty","instance":"/analyze","retryable":false,)"
            R"("errors":[{"loc":["body","prompt"],"msg":"the prompt is empty","type":"string_too_short"}]})");
}

TEST(ProblemTest, RetryAfterIsSentInWholeSeconds) {
  auto problem = problem_of(Error(ErrorCode::unavailable, "disk full"));
  problem.retry_after = std::chrono::milliseconds(1200);
  const auto response = to_response(problem, "/analyze");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.headers.find("Retry-After"), "2");
}

TEST(ChatJsonTest, ATurnIsAQuestionAndAnAnswer) {
  EXPECT_EQ(chat_messages_json(completed(R"({"result":"42","sql":"SELECT 1","secret":1})")),
            R"({"id":"01890a5d-ac96-774b-bcce-b302099a8057:question","threadId":"t1","user":"local",)"
            R"("content":"How many?","isUser":true,"createdAt":1767225600000,)"
            R"("run_id":"01890a5d-ac96-774b-bcce-b302099a8057","meta":{}},)"
            R"({"id":"01890a5d-ac96-774b-bcce-b302099a8057:answer","threadId":"t1","user":"local",)"
            R"("content":"42","isUser":false,"createdAt":1767225601234,)"
            R"("run_id":"01890a5d-ac96-774b-bcce-b302099a8057",)"
            R"("meta":{"sql":"SELECT 1","usage":{"timing_ms":{"queued":10}}}})");
}

TEST(ChatJsonTest, AFailedTurnHasItsErrorAndAnOpenOneItsStatus) {
  const auto broken = parse_json("[" + chat_messages_json(failed(R"({"message":"no"})")) + "]");
  ASSERT_TRUE(broken);
  ASSERT_EQ(broken->as_array().size(), 2U);
  EXPECT_EQ(broken->at(1).at("error"), "no");
  const auto open = parse_json(chat_messages_json(run_with(RunStatus::running)));
  ASSERT_TRUE(open);
  EXPECT_EQ(open->at("status"), "running");
  EXPECT_EQ(open->at("isUser"), true);
}

TEST(ChatJsonTest, AWholeTurnHasEveryMemberOfTheOriginal) {
  EXPECT_EQ(turn_json(completed(R"({"result":"42","sql":"SELECT 1","datasets_used":["guide"],"secret":1})")),
            R"({"id":"01890a5d-ac96-774b-bcce-b302099a8057","threadId":"t1","user":"local","createdAt":1767225600000,)"
            R"("prompt":"How many?","final_answer":"42","queries_and_results":[],"datasets_used":["guide"],)"
            R"("top_chunks":[],"followup_prompts":[],"sql_query":"SELECT 1","error":null,"isLoading":false,)"
            R"("isError":false,"startedAt":1767225600010,"finishedAt":1767225601234,)"
            R"("run_id":"01890a5d-ac96-774b-bcce-b302099a8057","status":"completed"})");
}

TEST(NativeEventTest, EveryKindOfEntryIsToldInItsShape) {
  const auto run = completed(R"({"result":"42"})");
  const auto event = [&](EntryKind kind, std::string body) {
    return native_event(Entry{.seq = 3, .at = 7, .attempt = 1, .kind = kind, .body = std::move(body)}, run, {});
  };
  EXPECT_EQ(event(EntryKind::progress, R"({"step":"schema","message":"Reading"})").data,
            R"({"seq":3,"at":7,"attempt":1,"step":"schema","message":"Reading"})");
  EXPECT_EQ(event(EntryKind::delta, R"({"text":"In "})").type, "delta");
  EXPECT_EQ(event(EntryKind::started, R"({"worker":1})").data,
            R"({"seq":3,"at":7,"attempt":1,"status":"running","cause":"started","worker":1})");
  EXPECT_EQ(event(EntryKind::attempt_lost, "{}").data,
            R"({"seq":3,"at":7,"attempt":1,"status":"queued","cause":"attempt_lost"})");
  EXPECT_EQ(event(EntryKind::completed, "{}").type, "done");
  EXPECT_EQ(event(EntryKind::checkpoint, "{}").type, "");
  EXPECT_EQ(event(EntryKind::delivered, "{}").type, "");
}

TEST(CompatibleEventTest, OnlyTheFourShapesOfTheOriginalAreSent) {
  const auto event = [](EntryKind kind, std::string body, const journal::Run& run) {
    return compatible_event(Entry{.seq = 3, .at = 7, .attempt = 1, .kind = kind, .body = std::move(body)}, run, kAsked);
  };
  const auto running = run_with(RunStatus::running);
  EXPECT_EQ(event(EntryKind::progress, R"({"step":"s","message":"Reading"})", running),
            R"({"type":"status","message":"Reading","run_id":"01890a5d-ac96-774b-bcce-b302099a8057"})");
  EXPECT_EQ(event(EntryKind::delta, R"({"text":"In\n"})", running), R"({"type":"answer_chunk","token":"In\n"})");
  EXPECT_EQ(event(EntryKind::failed, "{}", failed(R"({"message":"no"})")),
            R"({"type":"error","status":500,"message":"no"})");
  EXPECT_EQ(event(EntryKind::checkpoint, "{}", running), "");
}

TEST(SseTest, EveryLineOfTheDataHasItsField) {
  std::string text;
  append_sse(text, {7, "status", "a\nb\r\nc\rd"});
  EXPECT_EQ(text, "id: 7\nevent: status\ndata: a\ndata: b\ndata: c\ndata: d\n\n");
  text.clear();
  append_sse(text, {std::nullopt, "", ""});
  EXPECT_EQ(text, "data: \n\n");
  EXPECT_EQ(sse_retry(std::chrono::seconds(2)), "retry: 2000\n\n");
}

TEST(TerminalSeqTest, OnlyADeliveryComesAfterTheEnd) {
  auto run = completed("{}");
  EXPECT_EQ(terminal_seq(run), 4);
  run.delivered_at = kAsked;
  EXPECT_EQ(terminal_seq(run), 3);
  EXPECT_EQ(terminal_seq(run_with(RunStatus::running)), std::nullopt);
}

}  // namespace
}  // namespace holdfast::gateway
