#include "workers/worker_event.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::workers {
namespace {

template <class T>
T event_of(std::string_view line) {
  const auto parsed = parse_worker_line(line);
  EXPECT_TRUE(parsed) << parsed.error().message();
  return std::get<T>(std::get<WorkerEvent>(*parsed));
}

template <class T>
T answer_of(std::string_view line) {
  const auto parsed = parse_worker_line(line);
  EXPECT_TRUE(parsed) << parsed.error().message();
  return std::get<T>(std::get<WorkerAnswer>(*parsed));
}

TEST(WorkerLineTest, ProgressHasStepAndMessage) {
  const auto progress = event_of<ProgressEvent>(R"({"type":"progress","step":"schema","message":"Reading 2 tables"})");
  EXPECT_EQ(progress.step, "schema");
  EXPECT_EQ(progress.message, "Reading 2 tables");
}

TEST(WorkerLineTest, CheckpointKeepsItsStateAsJson) {
  const auto checkpoint = event_of<CheckpointEvent>(R"({"type":"checkpoint","step":"sql","state":{"rows": [1, 2.5]}})");
  EXPECT_EQ(checkpoint.step, "sql");
  EXPECT_EQ(checkpoint.state, R"({"rows": [1, 2.5]})");
}

TEST(WorkerLineTest, DeltaKeepsItsTextExactly) {
  EXPECT_EQ(event_of<DeltaEvent>(R"({"type":"delta","text":" v Česku\n"})").text, " v Česku\n");
}

TEST(WorkerLineTest, ResultMayBeAnyJson) {
  EXPECT_EQ(answer_of<Answered>(R"({"type":"result","result":{"result":"12"}})").result, R"({"result":"12"})");
  EXPECT_EQ(answer_of<Answered>(R"({"type":"result","result":[1]})").result, "[1]");
}

TEST(WorkerLineTest, NumbersKeepTheirDigits) {
  const std::string exact = R"({"a":80.24,"b":12345678901234567890123,"c":1e999,"d":0.10})";
  EXPECT_EQ(answer_of<Answered>(R"({"type":"result","result":)" + exact + "}").result, exact);
  EXPECT_EQ(event_of<CheckpointEvent>(R"({"type":"checkpoint","step":"a","state":)" + exact + "}").state, exact);
  EXPECT_EQ(answer_of<Refused>(R"({"type":"error","detail":)" + exact + "}").detail, exact);
}

TEST(WorkerLineTest, AnErrorIsARefusalThatSaysWhetherToTryAgain) {
  const auto refused = answer_of<Refused>(
      R"({"type":"error","code":"unavailable","message":"model away","retryable":true,"detail":[1]})");
  EXPECT_EQ(refused.code, "unavailable");
  EXPECT_EQ(refused.message, "model away");
  EXPECT_EQ(refused.detail, "[1]");
  EXPECT_TRUE(refused.retryable);
}

TEST(WorkerLineTest, ABareErrorIsInternalAndFinal) {
  const auto refused = answer_of<Refused>(R"({"type":"error"})");
  EXPECT_EQ(refused.code, "internal");
  EXPECT_FALSE(refused.message.empty());
  EXPECT_FALSE(refused.retryable);
}

TEST(WorkerLineTest, AnUnknownTypeIsNothing) {
  const auto parsed = parse_worker_line(R"({"type":"mood","step":7})");
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(std::holds_alternative<std::monostate>(*parsed));
}

class BrokenLineTest : public testing::TestWithParam<const char*> {};

TEST_P(BrokenLineTest, IsDataLoss) {
  const auto parsed = parse_worker_line(GetParam());
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code(), ErrorCode::data_loss);
}

INSTANTIATE_TEST_SUITE_P(Lines, BrokenLineTest,
                         testing::Values("", "{", "[]", "1", "{}", R"({"type":1})",
                                         "{\"type\":\"delta\",\"text\":\"\xff\"}", R"({"type":"progress","step":1})",
                                         R"({"type":"progress","message":[]})", R"({"type":"checkpoint","step":"a"})",
                                         R"({"type":"checkpoint","step":{},"state":1})", R"({"type":"delta"})",
                                         R"({"type":"delta","text":null})", R"({"type":"result"})",
                                         R"({"type":"error","code":7})", R"({"type":"error","retryable":"yes"})",
                                         R"({"type":"progress"} {"type":"progress"})"));

}  // namespace
}  // namespace holdfast::workers
