// The daily look as it is read.
#include "app/report_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "app/report_source.hpp"

namespace holdfast::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const ServerAccess kUsual{.url = "http://127.0.0.1:8000", .token = {}};

Seen busy_day() {
  Seen seen;
  seen.since = 1'769'774'400'000;
  seen.asked_at = seen.since + 86'400'000;
  seen.health.version = "1.0";
  seen.health.uptime_seconds = 7200;
  seen.health.workers = 3;
  seen.health.workers_ready = 2;
  seen.health.used_mb = 128;
  seen.health.limit_mb = 512;
  seen.health.database_type = "sqlite";
  seen.undelivered = 4;
  for (const auto* status : {"completed", "failed"}) {
    SeenRun run;
    run.id = status;
    run.status = status;
    run.attempt = 2;
    run.queued_ms = 20;
    run.run_ms = 12'340;
    seen.runs.push_back(std::move(run));
  }
  return seen;
}

std::string text_of(const Seen& seen, const ServerAccess& server = kUsual) {
  return report_text(seen, look_at(seen), server);
}

TEST(ReportTextTest, FitsOnOneScreenAndEndsWithTheFourPaths) {
  const auto text = text_of(busy_day());
  EXPECT_LE(std::ranges::count(text, '\n'), 24);
  EXPECT_THAT(text, AllOf(HasSubstr("up 2 h ("), HasSubstr("The last 24 h"), HasSubstr("2 of 3 workers ready"),
                          HasSubstr("128 of 512 MB used (25 %)"), HasSubstr("2: 1 completed, 1 failed\n"),
                          HasSubstr("4 answers that no client"), HasSubstr("run 12.3 s (p95 12.3 s), wait 20 ms"),
                          HasSubstr("1 of 2 runs that lost an attempt completed all the same (50 %)")));
  EXPECT_THAT(text, AllOf(HasSubstr("  high memory  curl -s http://127.0.0.1:8000/health/memory\n"),
                          HasSubstr("  timeouts     holdfast runs --status expired\n"),
                          HasSubstr("  errors       holdfast runs --status failed\n"),
                          HasSubstr("  performance  holdfast runs show completed\n")));
}

TEST(ReportTextTest, WhatWasCutIsSaid) {
  auto seen = busy_day();
  seen.runs_cut = true;
  seen.undelivered_cut = true;
  seen.incidents_cut = true;
  seen.incidents_complete = false;
  EXPECT_THAT(text_of(seen), AllOf(HasSubstr("the latest 2:"), HasSubstr("more than 4 answers"),
                                   HasSubstr("older incidents"), HasSubstr("others are not known now")));
}

TEST(ReportTextTest, CommandsNameTheServerAndNeverTheToken) {
  const ServerAccess server{.url = "http://10.0.0.1:80", .token = "hf_secret"};
  const auto text = text_of(busy_day(), server);
  EXPECT_THAT(text, AllOf(HasSubstr("holdfast runs --status failed --url http://10.0.0.1:80\n"), HasSubstr("own runs"),
                          HasSubstr("curl -s -H \"Authorization: Bearer $HOLDFAST_TOKEN\" http://10.0.0.1:80/health"),
                          Not(HasSubstr("hf_secret"))));
}

TEST(ReportTextTest, NoTextOfOthersReachesTheTerminalAsACommand) {
  auto seen = busy_day();
  seen.incidents.push_back({seen.since, "one", "leak_found", {{"route", "\x1b[2J\nPOST /x"}}});
  EXPECT_THAT(text_of(seen), AllOf(HasSubstr("POST /x leaks"), Not(HasSubstr("\x1b"))));
}

TEST(ReportTextTest, AProgramReadsTheSame) {
  auto seen = busy_day();
  const auto look = look_at(seen);
  const auto report = report_json(seen, look, kUsual);
  EXPECT_EQ(report.at("needs_attention"), true);
  EXPECT_EQ(report.at("attention").as_array().size(), look.attention.size());
  EXPECT_EQ(report.at("runs").at("failed"), 1);
  EXPECT_EQ(report.at("runs").at("run_ms").at("p95"), 12'340);
  EXPECT_EQ(report.at("memory").at("emergencies"), 0);
  EXPECT_TRUE(report.at("memory").at("restart_recommended").is_null());
  EXPECT_TRUE(report.at("what_to_look_at").as_object().contains("high_memory"));
  EXPECT_EQ(report.at("up_since"), seen.asked_at - 7'200'000);
  seen.incidents_missing = "away";
  const auto without = report_json(seen, look_at(seen), kUsual);
  EXPECT_TRUE(without.at("memory").is_null()) << "not known is not none";
  EXPECT_TRUE(without.at("starts").is_null());
}

TEST(ReportTextTest, TimesAreShort) {
  EXPECT_EQ(short_time(0), "0 ms");
  EXPECT_EQ(short_time(999), "999 ms");
  EXPECT_EQ(short_time(12'340), "12.3 s");
  EXPECT_EQ(short_time(250'000), "4 min 10 s");
  EXPECT_EQ(short_time(12'000'000), "3 h 20 min");
  EXPECT_EQ(short_time(86'400'000), "24 h");
  EXPECT_EQ(short_time(190'800'000), "2 d 5 h");
}

TEST(ReportTextTest, TheTimeOfTheServerIsRead) {
  EXPECT_EQ(parse_iso_time("1970-01-01T00:00:00.007Z"), 7);
  EXPECT_EQ(parse_iso_time("2026-01-31T12:00:00.120Z"), 1'769'860'800'120);
  for (const auto* wrong : {"", "2026-01-31", "2026-01-31T12:00:00.120+", "2026-01-31 12:00:00.120Z"}) {
    EXPECT_FALSE(parse_iso_time(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace holdfast::app
