// Bad habits of backends, one scene each: what Holdfast makes of them, that it keeps the limit, and that work goes on.
//
// What a worker holds when it is fresh, 12 MB, and the server are no part of the room: it is what the scene may take.
#include <fmt/format.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "tests/chaos/memory_scene.hpp"

namespace holdfast::testing {
namespace {

bool is_alive(int pid) { return std::filesystem::exists(fmt::format("/proc/{}", pid)); }

class MemoryScenes : public MemoryScene {};

TEST_F(MemoryScenes, ASlowLeakIsNamedAndItsWorkerReplacedBeforeTheLimitIsNear) {
  open({.room = megabytes(450)});
  for (int run = 0; run < 400 && !HasFailure(); ++run) {
    answered(R"("retain_mb":2,"hold_ms":5)");
    if (run % 10 == 0 && server().log().find("reason=time_to_limit") != std::string::npos) break;
  }
  EXPECT_TRUE(is_logged("memory.verdict route=\"POST /analyze\" verdict=leak")) << server().log();
  EXPECT_TRUE(is_logged("reason=time_to_limit")) << server().log();
  EXPECT_NE(get("/v1/incidents?kind=leak_found").find("bytes_per_run"), std::string::npos);
  expect_work_goes_on();
  expect_within_limit();
  EXPECT_LT(eye().seen().peak, limit() / 100 * 90) << "it was seen before a run had to wait";
}

TEST_F(MemoryScenes, AFragmentedHeapIsNamedAndWonBackForTheRunThatWaits) {
  open({.room = megabytes(280)});
  // Small objects of which a tenth is left in every page: 13 MB live, over 120 MB resident.
  for (int run = 0; run < 2; ++run) answered(R"("retain_mb":0,"fragment_mb":130)");
  // By growth, or by the agent's figures if they are there first.
  EXPECT_TRUE(is_logged("FRAGMENTATION DETECTED cause=")) << server().log();
  EXPECT_TRUE(is_logged("memory.recycling")) << server().log();
  expect_work_goes_on();
  expect_within_limit();
}

// The same objects, freed in the order in which they were made: the pages go back by themselves.
TEST_F(MemoryScenes, AHeapThatGivesItsPagesBackIsLeftAlone) {
  open({});
  for (int run = 0; run < 2; ++run) answered(R"("retain_mb":0,"fragment_mb":40,"fragment_pattern":"tail")");
  EXPECT_EQ(server().log().find("FRAGMENTATION DETECTED"), std::string::npos) << server().log();
  EXPECT_EQ(server().log().find("memory.recycling"), std::string::npos) << server().log();
  expect_work_goes_on();
}

TEST_F(MemoryScenes, LeakedThreadsAreCountedByTheirBytesAndNotByTheirAddresses) {
  open({});
  // 8 MB of addresses each: over 2 GB, of which a few MB are there.
  for (int run = 0; run < 3; ++run) answered(R"("retain_mb":0,"thread_leak":100)");
  EXPECT_TRUE(comes_true([&] { return most_of_workers("threads") > 300; })) << get("/health/memory");
  EXPECT_GT(most_of_workers("virtual_bytes"), std::int64_t{2} << 30);
  EXPECT_EQ(server().log().find("memory.recycling"), std::string::npos) << server().log();

  // And now with 1 MB each, until they are too many.
  for (int run = 0; run < 5; ++run) answered(R"("retain_mb":0,"thread_leak":100,"thread_kb":1024)");
  EXPECT_TRUE(is_logged("memory.recycling")) << server().log();
  expect_work_goes_on();
  expect_within_limit();
}

TEST_F(MemoryScenes, WhatTheChildrenOfAWorkerHoldIsItsOwnAndGoesWithIt) {
  open({.room = megabytes(600), .environment = {{"HOLDFAST_MAX_CRASHES", "1"}}});
  // Both ignore SIGTERM; the second has left the worker's process group and session.
  EXPECT_GE(retained_by(answered(R"("retain_mb":0,"grandchild_mb":60)")), static_cast<std::int64_t>(megabytes(60)));
  EXPECT_GE(retained_by(answered(R"("retain_mb":0,"grandchild_mb":60,"grandchild_leaves":1)")),
            static_cast<std::int64_t>(megabytes(60)));
  EXPECT_EQ(most_of_workers("processes"), 3);
  const auto before = process_tree(server().pid());
  ASSERT_EQ(before.size(), 4U);

  const auto timeline = failed(
      R"("retain_mb":0,"alloc_mb":300,"grandchild_mb":60,"grandchild_leaves":1,"spike_mb":2000,"spike_mb_s":120)");
  EXPECT_NE(timeline.find(R"("cause":"outgrew_limit")"), std::string::npos) << timeline;
  for (std::size_t i = 1; i < before.size(); ++i) {
    EXPECT_TRUE(comes_true([&] { return !is_alive(before[i]); })) << before[i] << " is left";
  }
  EXPECT_TRUE(comes_true([&] { return process_tree(server().pid()).size() <= 2; }));
  expect_work_goes_on();
  expect_within_limit();
}

TEST_F(MemoryScenes, ASpikeOf200MegabytesASecondIsGivenUpBeforeTheKernelWouldAndHarmsNobody) {
  open({.room = megabytes(800), .workers = 3, .environment = {{"HOLDFAST_MAX_CRASHES", "1"}}});
  all_answered(3, R"("retain_mb":0)");  // The route is known as small.
  std::jthread others([&] { all_answered(2, R"("retain_mb":0,"hold_ms":3500)"); });
  const auto timeline = failed(R"("retain_mb":0,"alloc_mb":400,"spike_mb":2000)");
  others.join();
  for (const auto* evidence :
       {R"("cause":"outgrew_limit")", R"("cause":"exceeds_limit")", R"("grown_bytes":)", R"("signal":9)"}) {
    EXPECT_NE(timeline.find(evidence), std::string::npos) << evidence << " in " << timeline;
  }
  expect_work_goes_on();
  expect_within_limit();
}

TEST_F(MemoryScenes, PageCacheChangesNothing) {
  open({});
  for (int run = 0; run < 2; ++run) answered(R"("retain_mb":0,"page_cache_mb":250)");
  for (const auto* said : {"memory.level_changed", "memory.relieved", "memory.recycling", "FRAGMENTATION DETECTED",
                           "memory.run_given_up", "SUSPICIOUS MEMORY GROWTH"}) {
    EXPECT_EQ(server().log().find(said), std::string::npos) << said << " in " << server().log();
  }
  expect_work_goes_on();
}

TEST_F(MemoryScenes, AWorkerThatIgnoresSigtermIsKilledAfterItsGraceAndItsMemoryIsWaitedFor) {
  open({.room = megabytes(400),
        .flags = "--ignore-sigterm",
        .environment = {{"HOLDFAST_WORKER_GRACE_PERIOD", "300ms"}}});
  for (int run = 0; run < 4; ++run) answered(R"("retain_mb":150)");
  EXPECT_TRUE(is_logged("workers.killed")) << server().log();
  expect_work_goes_on();
  expect_within_limit();
}

// Replacing a worker that is too large from its start wins nothing.
TEST_F(MemoryScenes, WhenNoReplacementHelpsTheServerIsRestartedInPlace) {
  open({.room = megabytes(70),
        .flags = "--startup-mb 400",
        .environment = {{"HOLDFAST_MEMORY_RESTART_INTERVAL", "1s"}}});
  answered(R"("retain_mb":0)");
  EXPECT_TRUE(is_logged("reason=saturation")) << server().log();
  EXPECT_TRUE(is_logged("memory.restart_recommended")) << server().log();
  EXPECT_TRUE(is_logged("memory.restarting")) << server().log();
  EXPECT_TRUE(is_logged("app.restarting reason=memory")) << server().log();
  EXPECT_TRUE(comes_true([&] {
    const auto log = server().log();
    return log.find("app.started", log.find("app.restarting")) != std::string::npos;
  })) << server().log();
  expect_work_goes_on();
  expect_within_limit();
}

TEST_F(MemoryScenes, ASlowCollectorHoldsUpItsOwnWorkerAndNobodyTakesItForDead) {
  open({.workers = 2, .flags = "--gc-after-ms 400 --retain-mb 5"});
  all_answered(4);
  answered(R"("gc_pause_ms":700)");
  EXPECT_EQ(server().log().find("memory.run_given_up"), std::string::npos) << server().log();
  EXPECT_EQ(server().log().find("workers.killed"), std::string::npos) << server().log();
  expect_work_goes_on();
  expect_within_limit();
}

}  // namespace
}  // namespace holdfast::testing
