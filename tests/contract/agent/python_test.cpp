// Debian's Python with the agent preloaded.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <map>
#include <thread>

#include "agent_host.hpp"
#include "base/json.hpp"

namespace holdfast::workers {
namespace {

using ::testing::Contains;
using ::testing::Not;

constexpr std::uint64_t kMegabyte = 1024 * 1024;
// 100,000 objects of an object, its dictionary and 400 bytes.
constexpr std::uint64_t kCycles = 40 * kMegabyte;

bool has_heap(const memory::AgentFigures& figures) { return figures.malloc && figures.runtime_heap; }

TEST(AgentInPython, FiguresAreThoseOfWhatWasAllocated) {
  const auto host = AgentHost::python("figures");
  host->wait_ready();
  const auto figures =
      host->figures([](const auto& seen) { return has_heap(seen) && seen.runtime_heap->live > Bytes(24 * kMegabyte); });
  EXPECT_EQ(figures.pid, host->pid());
  EXPECT_EQ(figures.runtime, agent::kCPython);
  EXPECT_EQ(figures.allocator, agent::kGlibc);
  EXPECT_TRUE(figures.version.starts_with("3.")) << figures.version;
  EXPECT_TRUE(figures.gc_enabled);
  // 64 MB by malloc; 400,000 objects of 64 to 80 bytes by pymalloc.
  EXPECT_NEAR(static_cast<double>(figures.malloc->live.count()), 70.0 * kMegabyte, 6.0 * kMegabyte);
  EXPECT_NEAR(static_cast<double>(figures.runtime_heap->live.count()), 32.0 * kMegabyte, 8.0 * kMegabyte);
  EXPECT_NEAR(static_cast<double>(figures.resident.count()), static_cast<double>(resident_bytes(host->pid())),
              1.0 * kMegabyte);
  const auto bands = memory::make_bands(figures.resident, memory::to_band_report(figures));
  ASSERT_TRUE(bands.live && bands.outside);
  EXPECT_LT(*memory::fragmentation(bands), 0.25);
}

std::unique_ptr<AgentHost> profiled(const std::string& mode) {
  auto config = AgentHost::default_config();
  config.profiles = true;
  return std::make_unique<AgentHost>(std::vector<std::string>{"/usr/bin/python3", HOLDFAST_PYTHON_HOST, mode},
                                     std::vector<std::string>{}, config);
}

TEST(AgentInPython, AProfileTellsWhichNamesHoldTheMemory) {
  const auto host = profiled("figures");
  host->wait_ready();
  const auto answer = host->ask(agent::kProfile, std::chrono::seconds(60));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, agent::kDone);
  const auto profile = parse_json_object(host->profile());
  ASSERT_TRUE(profile) << host->profile();
  EXPECT_TRUE(find_string(*profile, "runtime").value_or("").starts_with("cpython 3."));
  std::map<std::string, std::int64_t> held;
  for (const auto& stack : profile->at("stacks").as_array()) {
    const auto& frames = stack.at("frames").as_array();
    if (frames.at(0) == "__main__") held[frames.at(1).as_string().c_str()] += stack.at("bytes").as_int64();
  }
  EXPECT_NEAR(static_cast<double>(held["large"]), 64.0 * kMegabyte, 1.0 * kMegabyte);
  // 400,000 objects of 73 bytes and the list of them.
  EXPECT_NEAR(static_cast<double>(held["small"]), 31.0 * kMegabyte, 3.0 * kMegabyte);
  EXPECT_TRUE(host->figures(has_heap).malloc) << "the program goes on";
}

TEST(AgentInPython, WithoutAPlaceForItThereIsNoProfile) {
  const auto host = AgentHost::python("figures");
  host->wait_ready();
  EXPECT_EQ(host->ask(agent::kProfile)->status, agent::kUnsupported);
}

TEST(AgentInPython, CyclesAreCollectedWhileTheProgramSleepsAlsoWithItsCollectorOff) {
  const auto host = AgentHost::python("cycles-idle");
  host->wait_ready();
  const auto before = resident_bytes(host->pid());
  const auto answer = host->ask(agent::kCollect);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, agent::kDone);
  EXPECT_GE(answer->collected, 100'000);
  EXPECT_GT(answer->took.count(), 0);
  EXPECT_GT(answer->resident_before.count(), answer->resident_after.count() + kCycles);
  EXPECT_GT(before, resident_bytes(host->pid()) + kCycles);
  // It says so at once, and a second time there is nothing left.
  EXPECT_FALSE(host->figures(has_heap).gc_enabled);
  EXPECT_LT(host->ask(agent::kCollect)->collected, 1000);
}

TEST(AgentInPython, CyclesAreCollectedWhileTheProgramComputes) {
  const auto host = AgentHost::python("cycles-busy");
  host->wait_ready();
  const auto before = resident_bytes(host->pid());
  const auto answer = host->ask(agent::kCollect);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_GE(answer->collected, 100'000);
  EXPECT_GT(before, resident_bytes(host->pid()) + kCycles);
}

TEST(AgentInPython, ATrimGivesBackAHeapInPieces) {
  const auto host = AgentHost::python("fragmented");
  host->wait_ready();
  const auto seen = host->figures([](const auto& figures) {
    return has_heap(figures) && memory::to_band_report(figures).allocator_held > Bytes(50 * kMegabyte);
  });
  EXPECT_GT(*memory::fragmentation(memory::make_bands(seen.resident, memory::to_band_report(seen))), 0.6);
  const auto answer = host->ask(agent::kTrim);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, agent::kDone);
  const auto given = answer->resident_before.count() - answer->resident_after.count();
  // Some 86 of 96 MB were freed; what lies between kept blocks on a page stays.
  EXPECT_GT(given, 50 * kMegabyte);
  EXPECT_LT(resident_bytes(host->pid()), seen.resident.count() - 50 * kMegabyte);
}

TEST(AgentInPython, HalfEmptyArenasAreTheRuntimesAndATrimDoesNotHelp) {
  const auto host = AgentHost::python("half-empty-arenas");
  host->wait_ready();
  const auto seen = host->figures([](const auto& figures) {
    return has_heap(figures) && memory::to_band_report(figures).runtime_held > Bytes(25 * kMegabyte);
  });
  ASSERT_TRUE(host->ask(agent::kTrim));
  EXPECT_GT(resident_bytes(host->pid()), seen.resident.count() - 20 * kMegabyte);
}

TEST(AgentInPython, ThresholdsAreSetWhereTheProgramLeftThemAlone) {
  const auto host = AgentHost::python("thresholds");
  host->figures(has_heap);
  host->type("\n");
  EXPECT_EQ(host->line(), "thresholds 500 8 8");
}

TEST(AgentInPython, ThresholdsOfTheProgramStay) {
  const auto host = AgentHost::python("own-thresholds");
  host->figures(has_heap);
  host->type("\n");
  EXPECT_EQ(host->line(), "thresholds 5000 20 20");
}

TEST(AgentInPython, AChildThatWasForkedWritesNothing) {
  const auto host = AgentHost::python("fork");
  const auto said = host->line();
  ASSERT_TRUE(said.starts_with("child ")) << said;
  const int child = std::stoi(said.substr(6));
  host->wait_ready();
  EXPECT_THAT(thread_names(child), Not(Contains("holdfast-agent")));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(host->figures().pid, host->pid());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  // Its 32 MB are not the parent's.
  EXPECT_LT(host->figures(has_heap).malloc->live, Bytes(16 * kMegabyte));
}

TEST(AgentInPython, AThousandThreadsAreNoMatter) {
  const auto host = AgentHost::python("threads");
  host->wait_ready();
  EXPECT_TRUE(host->ask(agent::kCollect));
  EXPECT_TRUE(host->ask(agent::kTrim));
  EXPECT_TRUE(host->runs());
}

TEST(AgentInPython, AHelperThatListensDoesNotTakeThePage) {
  const auto host = AgentHost::python("helper");
  host->wait_ready();
  EXPECT_EQ(host->figures().pid, host->pid());
}

TEST(AgentInPython, ItEndsAsItWouldWithoutTheAgent) {
  for (int round = 0; round < 5; ++round) {
    const auto host = AgentHost::python("exit");
    host->wait_ready();
    host->close_input();
    // The interpreter ends while it is asked to collect.
    static_cast<void>(host->ask(agent::kCollect, std::chrono::milliseconds(200)));
    EXPECT_EQ(host->wait(), 0);
  }
}

TEST(AgentInPython, PymallocSwitchedOffAndMemoryFilledWithPatternsAreNoMatter) {
  const auto host = AgentHost::python("cycles-idle", {"PYTHONMALLOC=malloc", "MALLOC_PERTURB_=165"});
  host->wait_ready();
  const auto answer = host->ask(agent::kCollect);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_GE(answer->collected, 100'000);
  EXPECT_TRUE(host->ask(agent::kTrim));
  EXPECT_TRUE(host->runs());
}

TEST(AgentInPython, AShellInFrontOfItLeavesThePageToIt) {
  const std::string python = "/usr/bin/python3 " HOLDFAST_PYTHON_HOST " figures";
  // Not replaced by exec: the shell waits for it.
  AgentHost host({"/bin/sh", "-c", python + "; exit 3"});
  host.wait_ready();
  const auto figures = host.figures();
  EXPECT_NE(figures.pid, host.pid());
  EXPECT_EQ(figures.runtime, agent::kCPython);
  EXPECT_EQ(thread_names(host.pid()).size(), 1U);
}

}  // namespace
}  // namespace holdfast::workers
