#include "app/top_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

json::object object(std::string_view text) { return *parse_json_object(text); }

TopLook look() {
  return {.memory = object(R"({
    "status": "warning", "memory_rss_mb": 340.4, "memory_limit_mb": 512, "usage_percent": 66.5,
    "warnings": ["memory is warning: use 66.5 % reached 60.0 %"],
    "scaling_info": {"max_concurrent_analyses": 3, "running": 1, "queued": 2},
    "admission": {"running": 1, "reserved_bytes": 405012480, "unconsumed_bytes": 104857600,
                  "head_waits": {"reason": "memory", "needed_bytes": 405012480, "free_bytes": 41943040}},
    "cache_info": {"enabled": true, "entries": 12, "bytes": 1048576, "budget_bytes": 16777216, "hit_rate": 0.25},
    "bands": {"resident_bytes": 18874368, "live_bytes": 9437184, "allocator_held_bytes": 4194304,
              "runtime_held_bytes": 0, "outside_bytes": 5242880},
    "workers": [{"index": 1, "pid": 4711, "state": "busy", "resident_bytes": 343932928, "floor_bytes": 34603008,
                 "fresh_floor_bytes": 31457280, "runs": 7, "processes": 2, "threads": 5}],
    "routes": [{"route": "POST /analyze", "runs": 40, "measured": true, "predicted_bytes": 405012480,
                "verdict": "leak", "last_growth_bytes": 5242880, "slope_bytes_per_run": 5033164.8,
                "seconds_to_limit": 250}]})"),
          .health = object(R"({"runs": {"completed": 812, "failed": 2, "expired": 0, "cancelled": 1}})")};
}

TEST(TopTextTest, OneScreenHoldsWhatTheServerSays) {
  const auto text = top_text(look(), Colour::no);
  EXPECT_THAT(text, HasSubstr("Memory    warning    340 MB of 512 MB, 66 %  [###########################"));
  EXPECT_THAT(text, HasSubstr("          memory is warning: use 66.5 % reached 60.0 %\n"));
  EXPECT_THAT(text, HasSubstr("Server    18 MB resident: 9 MB live, 4 MB kept by its allocator, 5 MB outside\n"));
  EXPECT_THAT(text, HasSubstr("Runs      1 running, 2 waiting; since the start 812 completed, 2 failed, 0 expired"));
  EXPECT_THAT(text, HasSubstr("Reserved  386 MB for running analyses, 100 MB of it not taken yet\n"));
  EXPECT_THAT(text, HasSubstr("Waiting   the next run needs 386 MB, 40 MB are free (memory)\n"));
  EXPECT_THAT(text, HasSubstr("Cache     12 answers, 1 MB of 16 MB, 25 % of the questions found in it\n"));
  EXPECT_THAT(text, HasSubstr("1       4711  busy   328 MB  33 MB  30 MB  7     2          5\n"));
  EXPECT_THAT(text, HasSubstr("POST /analyze  40    386 MB  +5.0 MB    +4.8 MB       leak     4 min 10 s\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

TEST(TopTextTest, TheLevelIsPaintedWithoutMovingTheColumns) {
  EXPECT_THAT(top_text(look(), Colour::yes), HasSubstr("Memory    \x1b[33mwarning\x1b[0m    340 MB of 512 MB"));
}

TEST(TopTextTest, WhatTheServerDidNotSendIsADash) {
  const auto text = top_text({}, Colour::no);
  EXPECT_THAT(text, AllOf(HasSubstr("Memory    -          - of -, -"), HasSubstr("no worker process is running")));
  const auto odd = TopLook{.memory = object(R"({"status": 7, "warnings": [1], "workers": [1, {}], "routes": "none",
                                                "admission": {"head_waits": 3}, "cache_info": null, "bands": []})"),
                           .health = {}};
  EXPECT_THAT(top_text(odd, Colour::no), HasSubstr("-       -    -"));
}

TEST(TopTextTest, ARouteNobodyHasMeasuredSaysSo) {
  auto unmeasured = look();
  unmeasured.memory["routes"] = json::array{object(R"({"route": "POST /new", "runs": 0, "measured": false,
      "predicted_bytes": 67108864, "verdict": "unknown", "slope_bytes_per_run": null, "seconds_to_limit": null})")};
  EXPECT_THAT(top_text(unmeasured, Colour::no),
              AllOf(HasSubstr("POST /new  0     unmeasured"), Not(HasSubstr("64 MB"))));
}

TEST(TopTextTest, NamesOfTheServerAreNoCommandsForTheTerminal) {
  auto hostile = look();
  hostile.memory["warnings"] = json::array{"\x1b[2J gone"};
  hostile.memory["routes"] = json::array{object(R"({"route": "\u001b]0;title\u0007"})")};
  EXPECT_THAT(top_text(hostile, Colour::no), Not(HasSubstr("\x1b")));
}

TEST(FitToScreenTest, LinesAndColumnsAreCut) {
  EXPECT_EQ(fit_to_screen("one\ntwo\nthree\n", 2, 10), "one\ntwo\n");
  EXPECT_EQ(fit_to_screen("äöüß\n", 5, 2), "äö\x1b[0m\n");
  EXPECT_EQ(fit_to_screen("\x1b[31mred\x1b[0m\n", 5, 3), "\x1b[31mred\x1b[0m\n") << "colours take no room";
  EXPECT_EQ(fit_to_screen("", 5, 3), "");
  EXPECT_EQ(fit_to_screen("\n\nx", 5, 3), "\n\nx\n");
}

}  // namespace
}  // namespace holdfast::app
