#include "text2sql/worker_request.hpp"

#include <gtest/gtest.h>

#include "text2sql/chat_client.hpp"
#include "text2sql/prompts.hpp"
#include "text2sql/sse.hpp"

namespace holdfast::text2sql {
namespace {

TEST(WorkerRequestTest, ThePromptIsTrimmedAndHistoryPrefersTheQuestionAsUnderstood) {
  const auto task = parse_worker_request(R"({"prompt":"  and 2000? ","thread_id":"t","extra":1,"holdfast":{
      "checkpoint":{"step":"execute","state":{"version":1}},
      "history":[{"prompt":"a"},{"prompt":"b","result":{"question":"long b","result":"text"}},7]}})");
  ASSERT_TRUE(task);
  EXPECT_EQ(task->prompt, "and 2000?");
  ASSERT_EQ(task->history.size(), 2U);
  EXPECT_EQ(task->history[0].question, "a");
  EXPECT_EQ(task->history[1].question, "long b");
  EXPECT_EQ(task->history[1].answer, "text");
  EXPECT_TRUE(task->checkpoint);
}

TEST(WorkerRequestTest, BadRequestsAreInvalidArguments) {
  const std::string huge(10'001, 'x');
  for (const std::string& body : std::vector<std::string>{
           "", "{", "[]", "null", "{}", R"({"prompt":null})", R"({"prompt":7})", R"({"prompt":""})",
           R"({"prompt":"  \n"})", "{\"prompt\":\"\xff\xfe\"}", "{\"prompt\":\"" + huge + "\"}"}) {
    const auto task = parse_worker_request(body);
    ASSERT_FALSE(task) << body;
    EXPECT_EQ(task.error().code(), ErrorCode::invalid_argument);
  }
  EXPECT_TRUE(parse_worker_request("{\"prompt\":\"" + std::string(10'000, 'x') + "\"}"));
}

TEST(WorkerRequestTest, AStrangeHoldfastKeyIsLeftAside) {
  for (const auto* extra : {"7", "[]", "null", R"({"history":{}})", R"({"checkpoint":[],"history":[null,[],"x"]})"}) {
    EXPECT_TRUE(parse_worker_request(std::string(R"({"prompt":"q","holdfast":)") + extra + "}")) << extra;
  }
}

TEST(WorkerRequestTest, DeadlinesAreNumbersOfMilliseconds) {
  EXPECT_EQ(parse_deadline_ms("1500"), std::chrono::milliseconds(1500));
  EXPECT_EQ(parse_deadline_ms("0"), std::chrono::milliseconds(0));
  for (const auto* text : {"", "soon", "-1", "1.5", "99999999999999999999", "10s"})
    EXPECT_FALSE(parse_deadline_ms(text)) << text;
}

TEST(RetryAfterTest, OnlySecondsWithinADayCount) {
  EXPECT_EQ(parse_retry_after(" 3 "), std::chrono::seconds(3));
  for (const auto* text : {"", "-1", "Wed, 21 Oct 2015 07:28:00 GMT", "99999999"})
    EXPECT_FALSE(parse_retry_after(text)) << text;
}

TEST(SseTest, EventsComeOutWholeHoweverTheyAreCut) {
  const std::string stream = ": hi\n\ndata: one\n\ndata: two\r\ndata: more\r\n\r\nevent: x\ndata:three\n\n";
  const std::vector<std::string> expected{"one", "two\nmore", "three"};
  for (std::size_t size = 1; size <= stream.size(); ++size) {
    SseReader reader;
    std::vector<std::string> got;
    for (std::size_t at = 0; at < stream.size(); at += size) {
      for (auto& event : reader.feed(std::string_view(stream).substr(at, size))) got.push_back(event);
    }
    EXPECT_EQ(got, expected) << size;
  }
}

TEST(PromptsTest, SqlIsFoundInWhateverWrappingTheModelGivesIt) {
  EXPECT_EQ(sql_in(R"({"sql": "SELECT 1"})").value(), "SELECT 1");
  EXPECT_EQ(sql_in("Sure!\n```json\n{\"sql\": \"SELECT 1\"}\n```").value(), "SELECT 1");
  EXPECT_EQ(sql_in("```sql\nSELECT 1\n```").value(), "SELECT 1");
  EXPECT_EQ(sql_in(R"({"cannot": "No prices."})").error().text, "No prices.");
  EXPECT_EQ(sql_in("{broken").value(), "{broken");
}

TEST(PromptsTest, NumbersThatAreNotInTheRowsAreFound) {
  const Rows rows{{"country", "value"},
                  {{json::value("Japan 2"), json::value(80.24)}, {json::value("x"), json::value(1234567)}},
                  false};
  EXPECT_TRUE(numbers_not_in("Japan had 80.2 in 1995, and 1,234,567; 2 rows", rows, "in 1995?").empty());
  EXPECT_EQ(numbers_not_in("It was 81.3 and 99", rows, ""), (std::vector<std::string>{"81.3", "99"}));
}

}  // namespace
}  // namespace holdfast::text2sql
