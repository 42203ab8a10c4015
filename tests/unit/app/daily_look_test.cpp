// What a day's runs and incidents mean, and what of them needs somebody.
#include "app/daily_look.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr UnixMillis kSince = 1'000'000;
constexpr UnixMillis kNow = 2'000'000;

class DailyLookTest : public ::testing::Test {
 protected:
  DailyLookTest() {
    seen_.since = kSince;
    seen_.asked_at = kNow;
  }

  void run(std::string status, std::int64_t attempt = 1) {
    SeenRun run;
    run.id = std::to_string(seen_.runs.size());
    run.status = std::move(status);
    run.attempt = attempt;
    seen_.runs.push_back(std::move(run));
  }

  void timed_run(std::int64_t queued_ms, std::int64_t run_ms) {
    run("completed");
    seen_.runs.back().queued_ms = queued_ms;
    seen_.runs.back().run_ms = run_ms;
  }

  /// Given from the oldest to the newest.
  void incident(UnixMillis at, std::string kind, json::object body = {}, std::string instance = "one") {
    seen_.incidents.insert(seen_.incidents.begin(),
                           SeenIncident{at, std::move(instance), std::move(kind), std::move(body)});
  }

  void level(UnixMillis at, const char* from, const char* to, const char* instance = "one") {
    incident(at, "level_changed", {{"from", from}, {"to", to}}, instance);
  }

  [[nodiscard]] DailyLook look() const { return look_at(seen_); }
  [[nodiscard]] std::int64_t longest_critical() const { return look().memory.longest_critical_ms; }

  Seen seen_;
};

TEST_F(DailyLookTest, AQuietDayNeedsNobody) {
  run("completed");
  run("cancelled");
  incident(kSince + 1, "started");
  level(kSince + 2, "normal", "warning");
  seen_.health.level = "warning";
  EXPECT_THAT(look().attention, IsEmpty());
  EXPECT_FALSE(look_at(Seen()).runs.run_time) << "of nothing there is no half";
}

TEST_F(DailyLookTest, RunsAreCountedByTheirOutcome) {
  for (const auto* status : {"completed", "completed", "failed", "cancelled", "expired", "queued", "running"})
    run(status);
  const auto runs = look().runs;
  EXPECT_EQ(runs.total, 7);
  EXPECT_EQ(runs.completed, 2);
  EXPECT_EQ(runs.failed, 1);
  EXPECT_EQ(runs.cancelled, 1);
  EXPECT_EQ(runs.expired, 1);
  EXPECT_EQ(runs.under_way, 2);
  EXPECT_THAT(look().attention, ElementsAre(HasSubstr("1 run failed"), HasSubstr("1 run took too long")));
}

TEST_F(DailyLookTest, RecoveryIsHowManyRunsCompletedThoughTheyLostAnAttempt) {
  run("completed");
  run("completed", 2);
  run("completed", 4);
  run("cancelled", 2);
  run("running", 2);
  EXPECT_EQ(look().runs.lost_an_attempt, 3) << "one of them has not ended";
  EXPECT_EQ(look().runs.recovered, 2);
  EXPECT_THAT(look().attention, ElementsAre(HasSubstr("1 run lost an attempt")));
}

TEST_F(DailyLookTest, TimesAreThoseThatWereMeasured) {
  for (int i = 1; i <= 20; ++i) timed_run(i, i * 100);
  run("running");
  const auto runs = look().runs;
  EXPECT_EQ(runs.run_time->p50_ms, 1000);
  EXPECT_EQ(runs.run_time->p95_ms, 1900);
  EXPECT_EQ(runs.queue_time->p50_ms, 10);
  EXPECT_EQ(runs.slowest, "19");
}

TEST_F(DailyLookTest, OneTimeIsItsOwnHalf) {
  timed_run(0, 7);
  EXPECT_EQ(look().runs.run_time->p50_ms, 7);
  EXPECT_EQ(look().runs.run_time->p95_ms, 7);
}

TEST_F(DailyLookTest, TheLongestTimeAtCriticalIncludesTheEmergencyWithin) {
  level(kSince + 10, "warning", "critical");
  level(kSince + 20, "critical", "emergency");
  level(kSince + 40, "emergency", "critical");
  level(kSince + 110, "critical", "warning");
  level(kSince + 200, "warning", "critical");
  level(kSince + 250, "critical", "warning");
  EXPECT_EQ(longest_critical(), 100);
  EXPECT_EQ(look().memory.level_changes, 6);
  EXPECT_EQ(look().memory.emergencies, 1);
  EXPECT_THAT(look().attention, ElementsAre(HasSubstr("emergency 1 time")));
}

TEST_F(DailyLookTest, ACriticalTimeThatBeganBeforeThePeriodCountsFromItsBeginning) {
  level(kSince + 300, "critical", "warning");
  EXPECT_EQ(longest_critical(), 300);
}

TEST_F(DailyLookTest, ACriticalTimeThatGoesOnCountsUntilNow) {
  level(kNow - 500, "warning", "critical");
  EXPECT_EQ(longest_critical(), 0) << "its instance is gone: the level now is normal";
  seen_.health.level = "emergency";
  EXPECT_EQ(longest_critical(), 500);
  EXPECT_THAT(look().attention, ElementsAre(HasSubstr("Memory is emergency now")));
}

TEST_F(DailyLookTest, ARestartEndsACriticalTimeAndInstancesAreApart) {
  level(kSince + 100, "warning", "critical", "one");
  level(kSince + 150, "normal", "warning", "two");
  incident(kSince + 400, "started", {}, "one");
  level(kSince + 900, "warning", "normal", "one");
  EXPECT_EQ(longest_critical(), 300);
}

TEST_F(DailyLookTest, AStartWithoutAStopBeforeIsUnclean) {
  incident(kSince + 1, "started");
  incident(kSince + 2, "stopped");
  incident(kSince + 3, "started");
  incident(kSince + 4, "started", {}, "two");
  EXPECT_EQ(look().starts.unclean, 0);
  EXPECT_THAT(look().attention, IsEmpty());
  incident(kSince + 5, "started");
  EXPECT_EQ(look().starts.starts, 4);
  EXPECT_EQ(look().starts.unclean, 1);
  EXPECT_THAT(look().attention, ElementsAre(HasSubstr("1 start without a stop")));
}

TEST_F(DailyLookTest, WhatWasDoneAboutMemoryIsSummedUp) {
  incident(kSince + 1, "relief_walked", {{"freed", 1000}});
  incident(kSince + 2, "relief_walked", {{"freed", 24}});
  incident(kSince + 3, "relief_walked", {{"freed", "much"}});
  incident(kSince + 4, "worker_recycled");
  incident(kSince + 5, "run_preempted");
  incident(kSince + 6, "fragmentation");
  incident(kSince + 7, "unheard_of");
  const auto memory = look().memory;
  EXPECT_EQ(memory.relief_walks, 3);
  EXPECT_EQ(memory.freed_bytes, 1024);
  EXPECT_EQ(memory.recycles, 1);
  EXPECT_EQ(memory.preemptions, 1);
  EXPECT_EQ(memory.fragmentations, 1);
  EXPECT_THAT(look().attention, IsEmpty()) << "that is what relief is for";
}

TEST_F(DailyLookTest, WhatMemoryPolicyCannotMendNeedsSomebody) {
  incident(kSince + 1, "kernel_kill");
  incident(kSince + 2, "leak_found", {{"route", "POST /analyze"}});
  incident(kSince + 3, "leak_found", {{"route", "POST /analyze"}});
  incident(kSince + 4, "recycling_useless");
  incident(kSince + 5, "restart_recommended", {{"reason", "the server itself grows"}});
  EXPECT_EQ(look().memory.kernel_kills, 1);
  EXPECT_THAT(look().memory.leaking_routes, ElementsAre("POST /analyze"));
  EXPECT_THAT(look().attention, ElementsAre(HasSubstr("kernel killed 1 process "), HasSubstr("POST /analyze leaks"),
                                            HasSubstr("recycling"), HasSubstr("the server itself grows")));
}

TEST_F(DailyLookTest, ARestartThatCameIsNoLongerRecommended) {
  incident(kSince + 1, "restart_recommended", {{"reason", "it grows"}});
  incident(kSince + 2, "started", {}, "two");
  EXPECT_EQ(look().memory.restart_recommended, "it grows") << "another instance was restarted";
  incident(kSince + 3, "stopped");
  incident(kSince + 4, "started");
  EXPECT_EQ(look().memory.restart_recommended, "");
}

TEST_F(DailyLookTest, ADatabaseThatIsAwayIsToldApartFromAJournalThatIsFull) {
  seen_.health.database = "degraded";
  seen_.health.database_error = "connection refused";
  seen_.health.spill_active = true;
  seen_.health.spilled_runs = 3;
  EXPECT_THAT(look().attention, ElementsAre(HasSubstr("The database is away (connection refused)")));
  seen_.health.spill_active = false;
  seen_.health.database = "unhealthy";
  EXPECT_THAT(look().attention, ElementsAre(HasSubstr("what is new is refused")));
}

TEST_F(DailyLookTest, WhatIsNotKnownIsSaid) {
  seen_.runs_missing = "the database is away";
  seen_.incidents_missing = "the database is away";
  seen_.incidents_dropped = 2;
  seen_.health.worker_failure = "exit status 3";
  EXPECT_THAT(look().attention, ElementsAre(HasSubstr("exit status 3"), HasSubstr("Runs could not be listed"),
                                            HasSubstr("Incidents could not be listed"), HasSubstr("2 incidents")));
}

TEST_F(DailyLookTest, AServerThatOnlySaysThatItIsDegradedIsBelieved) {
  seen_.health.healthy = false;
  EXPECT_THAT(look().attention, ElementsAre(HasSubstr("degraded")));
}

}  // namespace
}  // namespace holdfast::app
