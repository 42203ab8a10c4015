#include "runs/attempt_entries.hpp"

#include <gtest/gtest.h>

namespace holdfast::runs {
namespace {

TEST(AttemptEntriesTest, WhatAWorkerSaysIsWrittenByItsKind) {
  const auto id = RunId::make();
  const auto body = [&id](const workers::WorkerEvent& event) { return event_append(id, 2, event).body; };
  EXPECT_EQ(body(workers::ProgressEvent{"plan", "Reading"}), R"({"step":"plan","message":"Reading"})");
  EXPECT_EQ(body(workers::DeltaEvent{"In "}), R"({"text":"In "})");
  EXPECT_EQ(body(workers::PieceEvent{"\xff"}), R"({"base64":"/w=="})");
  EXPECT_EQ(body(workers::ResponseEvent{201, "201 Created\r\n"}),
            R"({"status":201,"head":{"text":"201 Created\r\n"}})");
  const auto checkpoint = event_append(id, 2, workers::CheckpointEvent{"plan", R"({"n":1.0})"});
  EXPECT_EQ(checkpoint.body, R"({"step":"plan"})");
  EXPECT_EQ(checkpoint.checkpoint->state, R"({"n":1.0})");
  EXPECT_EQ(checkpoint.attempt, 2) << "the fence";
}

TEST(AttemptEntriesTest, ACostTellsOnlyWhatIsKnown) {
  using std::chrono::milliseconds;
  EXPECT_EQ(usage_json({.queued = milliseconds(1), .run = milliseconds(2), .journal = milliseconds(3)}),
            R"({"timing_ms":{"queued":1,"run":2,"journal":3}})");
  EXPECT_EQ(usage_json({.answered_by = "x"}),
            R"({"timing_ms":{"queued":0,"run":0,"journal":0},"cache":{"hit":true,"from":"x"}})");
  const auto shared = usage_json({.memory = governor::MemoryReceipt{.retained = -5, .shared = true}});
  EXPECT_NE(shared.find(R"("retained_bytes":-5)"), std::string::npos) << shared;
  EXPECT_NE(shared.find(R"("shared":true)"), std::string::npos) << shared;
}

}  // namespace
}  // namespace holdfast::runs
