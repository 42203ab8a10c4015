#include "runs/worker_body.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace holdfast::runs {
namespace {

using journal::RunStatus;

journal::Run run_with(std::string prompt, RunStatus status, std::string result) {
  return journal::Run{.id = RunId::make(),
                      .prompt = prompt,
                      .request = R"({"prompt":")" + prompt + R"(","extra":[1,2]})",
                      .status = status,
                      .result = std::move(result)};
}

TEST(WorkerBodyTest, WithoutCheckpointAndHistoryTheRequestIsUntouched) {
  const auto run = run_with("q", RunStatus::running, "");
  EXPECT_EQ(worker_body(run, std::nullopt, {}), run.request);
}

TEST(WorkerBodyTest, ACheckpointIsGivenBackWithItsStep) {
  const auto run = run_with("q", RunStatus::running, "");
  const auto body = parse_json_object(worker_body(run, journal::Checkpoint{"execute", R"({"sql":"select 1"})"}, {}));
  ASSERT_TRUE(body);
  const auto* holdfast = find_object(*body, "holdfast");
  ASSERT_NE(holdfast, nullptr);
  const auto* checkpoint = find_object(*holdfast, "checkpoint");
  ASSERT_NE(checkpoint, nullptr);
  EXPECT_EQ(find_string(*checkpoint, "step"), "execute");
  EXPECT_EQ(find_string(*find_object(*checkpoint, "state"), "sql"), "select 1");
  EXPECT_EQ(find_string(*body, "prompt"), "q");
}

TEST(WorkerBodyTest, WhatIsAddedLeavesTheRestByteForByte) {
  auto run = run_with("q", RunStatus::running, "");
  const journal::Checkpoint checkpoint{"execute \"1\"", R"({"n":1.50,"big":12345678901234567890123})"};
  const std::string added =
      R"("holdfast":{"checkpoint":{"step":"execute \"1\"","state":{"n":1.50,"big":12345678901234567890123}}}})";
  run.request = R"({"prompt":"q", "x":1e999,"y":0.10,"x":2 } )";
  EXPECT_EQ(worker_body(run, checkpoint, {}), R"({"prompt":"q", "x":1e999,"y":0.10,"x":2 ,)" + added);
  run.request = "{ }";
  EXPECT_EQ(worker_body(run, checkpoint, {}), "{ " + added);
}

TEST(WorkerBodyTest, EarlierResultsKeepTheirNumbers) {
  const auto run = run_with("now", RunStatus::running, "");
  const std::vector<journal::Run> thread{run_with("a", RunStatus::completed, R"({"n":80.24,"m":1e999})")};
  EXPECT_NE(worker_body(run, std::nullopt, thread).find(R"("result":{"n":80.24,"m":1e999}})"), std::string::npos);
}

TEST(WorkerBodyTest, HistoryHoldsTheLatestFinishedRunsOldestFirst) {
  const auto run = run_with("now", RunStatus::running, "");
  std::vector<journal::Run> thread;
  for (const auto* prompt : {"a", "b", "c", "d"}) {
    thread.push_back(run_with(prompt, RunStatus::completed, R"({"result":"x"})"));
  }
  thread.push_back(run_with("failed", RunStatus::failed, ""));
  thread.push_back(run);
  const auto body = parse_json_object(worker_body(run, std::nullopt, thread));
  ASSERT_TRUE(body);
  const auto& history = find_object(*body, "holdfast")->at("history").as_array();
  ASSERT_EQ(history.size(), 3U);
  EXPECT_EQ(history[0].at("prompt").as_string(), "b");
  EXPECT_EQ(history[2].at("prompt").as_string(), "d");
}

TEST(WorkerBodyTest, AHugeEarlierResultIsLeftOut) {
  const auto run = run_with("now", RunStatus::running, "");
  const std::string huge = R"({"result":")" + std::string(std::size_t{300} * 1024, 'x') + R"("})";
  const std::vector<journal::Run> thread{run_with("big", RunStatus::completed, huge)};
  EXPECT_EQ(worker_body(run, std::nullopt, thread), run.request);
}

}  // namespace
}  // namespace holdfast::runs
