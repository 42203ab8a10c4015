// The client against a real server on a loopback port that behaves well and badly.
#include "text2sql/chat_client.hpp"

#include <gtest/gtest.h>

#include "tests/support/scripted_model.hpp"

namespace holdfast::text2sql {
namespace {

using std::chrono::milliseconds;
using testing::ScriptedModel;
using testing::ScriptedReply;

class ChatClientTest : public ::testing::Test {
 protected:
  Result<std::string> ask(ScriptedModel& model, milliseconds time = milliseconds(10'000)) {
    ChatConfig config;
    config.base_url = model.base_url();
    config.api_key = "sk-secret";
    config.model = "m";
    config.backoff = {.base = milliseconds(1), .cap = milliseconds(5)};
    config.first_byte_timeout = milliseconds(300);
    config.stall_timeout = milliseconds(300);
    config.attempts = 3;
    config.max_response_bytes = 64 * 1024;
    ChatClient client(config, system_clock());
    DeadlineCheck stop(system_clock(), system_clock().steady() + time);
    const DeltaSink delta = [this](std::string_view text) -> Result<void> {
      pieces_ += text;
      if (refuse_pieces_) return fail(ErrorCode::cancelled, "gone");
      return {};
    };
    return client.complete({{"system", "s"}, {"user", "q \"x\""}}, delta, stop);
  }
  std::string pieces_;
  bool refuse_pieces_ = false;
};

TEST_F(ChatClientTest, AStreamedAnswerArrivesInPiecesAndWhole) {
  ScriptedModel model({testing::streamed("In 1995 it was 80.24.", milliseconds(5))});
  EXPECT_EQ(ask(model).value(), "In 1995 it was 80.24.");
  EXPECT_EQ(pieces_, "In 1995 it was 80.24.");
  const auto request = model.requests().at(0);
  EXPECT_TRUE(request.starts_with("POST /v1/chat/completions HTTP/1.1"));
  EXPECT_NE(request.find("Authorization: Bearer sk-secret"), std::string::npos);
  EXPECT_NE(request.find(R"("stream":true)"), std::string::npos);
}

TEST_F(ChatClientTest, AServerThatDoesNotStreamIsUnderstood) {
  ScriptedModel model({testing::whole("hello")});
  EXPECT_EQ(ask(model).value(), "hello");
}

TEST_F(ChatClientTest, TroubleThatPassesIsTriedAgain) {
  const std::vector<std::pair<const char*, ScriptedReply>> troubles{
      {"429", testing::status_reply(429, "Retry-After: 0\r\n")},
      {"500", testing::status_reply(500)},
      {"503", testing::status_reply(503)},
      {"silence", testing::silence()},
      {"closed at once", ScriptedReply{}},
      {"not JSON", testing::raw_reply("application/json", "<html>")},
      {"broken event", testing::raw_reply("text/event-stream", "data: {oops\n\n")},
      {"empty stream", testing::raw_reply("text/event-stream", "")},
      {"too large", testing::raw_reply("text/event-stream", std::string(200'000, ':') + "\n\n")},
      {"error event", testing::raw_reply("text/event-stream", "data: {\"error\":{\"message\":\"overloaded\"}}\n\n")}};
  for (const auto& [name, trouble] : troubles) {
    ScriptedModel model({trouble, testing::streamed("fine")});
    const auto answer = ask(model);
    ASSERT_TRUE(answer) << name << ": " << answer.error().message();
    EXPECT_EQ(*answer, "fine") << name;
    EXPECT_EQ(model.requests().size(), 2U) << name;
  }
}

TEST_F(ChatClientTest, AStreamCutHalfWayIsAskedAgainInSilence) {
  ScriptedModel model({testing::cut_stream("one two "), testing::streamed("one two three")});
  EXPECT_EQ(ask(model).value(), "one two three");
  EXPECT_EQ(pieces_, "one two ") << "no piece is sent twice";
}

TEST_F(ChatClientTest, AStreamThatStopsHalfWayIsGivenUp) {
  auto stalled = testing::cut_stream("one ");
  stalled.stall = true;
  ScriptedModel model({stalled, testing::streamed("one two")});
  EXPECT_EQ(ask(model).value(), "one two");
}

TEST_F(ChatClientTest, ARefusalIsNotRepeatedAndKeepsTheKeySecret) {
  for (const int status : {400, 401, 403, 404}) {
    ScriptedModel model({testing::status_reply(status, "", R"({"error":"bad key sk-secret"})")});
    const auto answer = ask(model);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), ErrorCode::failed_precondition);
    EXPECT_EQ(answer.error().message().find("sk-secret"), std::string::npos);
    EXPECT_EQ(model.requests().size(), 1U);
  }
}

TEST_F(ChatClientTest, AfterAllAttemptsTheLastProblemIsTold) {
  ScriptedModel busy({testing::status_reply(429), testing::status_reply(429), testing::status_reply(429)});
  const auto answer = ask(busy);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::unavailable);
  EXPECT_NE(answer.error().message().find("429"), std::string::npos) << answer.error().message();
  EXPECT_NE(answer.error().message().find("OPENAI_BASE_URL"), std::string::npos) << "which setting to look at";
  ScriptedModel broken({});
  EXPECT_EQ(ask(broken).error().code(), ErrorCode::unavailable);
  EXPECT_EQ(broken.requests().size(), 3U);
}

TEST_F(ChatClientTest, AToolCallInPlaceOfTextIsTold) {
  const auto call = R"({"choices":[{"DELTA":{"content":null,"tool_calls":[]},"finish_reason":"tool_calls"}]})";
  for (const auto& [type, key] : {std::pair{"text/event-stream", "delta"}, {"application/json", "message"}}) {
    auto body = std::string(call);
    body.replace(body.find("DELTA"), 5, key);
    if (type == std::string_view("text/event-stream")) body = "data: " + body + "\n\ndata: [DONE]\n\n";
    const auto reply = testing::raw_reply(type, body);
    ScriptedModel model({reply, reply, reply});
    const auto answer = ask(model);
    ASSERT_FALSE(answer) << type;
    EXPECT_NE(answer.error().message().find("no text"), std::string::npos) << answer.error().message();
  }
}

TEST_F(ChatClientTest, RetryAfterIsHonouredWithinTheDeadline) {
  ScriptedModel patient({testing::status_reply(429, "Retry-After: 1\r\n"), testing::streamed("ok")});
  const auto begin = system_clock().steady();
  EXPECT_TRUE(ask(patient));
  EXPECT_GE(system_clock().steady() - begin, milliseconds(1000));
  ScriptedModel late({testing::status_reply(429, "Retry-After: 3600\r\n"), testing::streamed("ok")});
  const auto answer = ask(late);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::deadline_exceeded);
}

TEST_F(ChatClientTest, TheDeadlineOfTheRunEndsASlowAnswer) {
  ScriptedModel model({testing::streamed("a b c d e f g h i j", milliseconds(100))});
  const auto answer = ask(model, milliseconds(250));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::deadline_exceeded);
}

TEST_F(ChatClientTest, ASinkThatIsGoneEndsTheExchange) {
  ScriptedModel model({testing::streamed("a b c", milliseconds(20))});
  refuse_pieces_ = true;
  EXPECT_EQ(ask(model).error().code(), ErrorCode::cancelled);
  EXPECT_EQ(model.requests().size(), 1U);
}

}  // namespace
}  // namespace holdfast::text2sql
