// Programs that know nothing of the agent and of no runtime.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "agent_host.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::workers {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

constexpr std::uint64_t kMegabyte = 1024 * 1024;

TEST(AgentInAnyProgram, ATrimGivesBackAHeapInPieces) {
  const auto host = AgentHost::native("fragmented");
  host->wait_ready();
  const auto seen = host->figures([](const auto& figures) { return figures.malloc.has_value(); });
  EXPECT_EQ(seen.runtime, agent::kNoRuntime);
  EXPECT_NEAR(static_cast<double>(seen.malloc->live.count()), 10.0 * kMegabyte, 3.0 * kMegabyte);
  const auto answer = host->ask(agent::kTrim);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, agent::kDone);
  EXPECT_GT(answer->resident_before.count() - answer->resident_after.count(), 60 * kMegabyte);
  const auto bands = memory::make_bands(host->figures().resident, memory::to_band_report(host->figures()));
  EXPECT_LE(bands.live->count() + bands.allocator_held->count() + bands.outside->count(),
            bands.resident.count() + kMegabyte);
}

TEST(AgentInAnyProgram, ThereIsNothingToCollect) {
  const auto host = AgentHost::native("fragmented");
  host->wait_ready();
  const auto answer = host->ask(agent::kCollect);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, agent::kUnsupported);
  EXPECT_EQ(host->ask(agent::kMeasure)->status, agent::kDone);
}

TEST(AgentInAnyProgram, OneThatDoesNotListenIsAsItWas) {
  AgentHost host({"/bin/sleep", "30"});
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_THAT(thread_names(host.pid()), ElementsAre("sleep"));
  EXPECT_FALSE(host.link().is_claimed());
  EXPECT_EQ(host.link().figures(system_clock().steady()).error().code(), ErrorCode::not_found);
  std::ifstream maps("/proc/" + std::to_string(host.pid()) + "/maps");
  const std::string text{std::istreambuf_iterator<char>(maps), {}};
  EXPECT_THAT(text, ::testing::HasSubstr("libholdfast-agent.so"));
  EXPECT_THAT(text, Not(::testing::HasSubstr("memfd:")));
  const auto answer = host.ask(agent::kTrim);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ErrorCode::failed_precondition);
}

TEST(AgentInAnyProgram, AThousandThreadsThatAllocateGoOn) {
  const auto host = AgentHost::native("threads");
  host->wait_ready();
  for (int i = 0; i < 5; ++i) {
    const auto answer = host->ask(agent::kTrim);
    ASSERT_TRUE(answer) << answer.error().message();
  }
  EXPECT_GT(thread_names(host->pid()).size(), 1000U);
  EXPECT_TRUE(host->runs());
}

TEST(AgentInAnyProgram, ForkingWhileItPublishesAndTrimsIsSafe) {
  const auto host = AgentHost::native("forks");
  host->figures();
  for (int i = 0; i < 20; ++i) static_cast<void>(host->ask(agent::kTrim));
  host->wait_ready();
  EXPECT_TRUE(host->runs());
}

TEST(AgentInAnyProgram, AChildThatListensDoesNotTakeThePageOfItsParent) {
  const auto host = AgentHost::native("fork");
  host->wait_ready();
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(host->figures().pid, host->pid());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

TEST(AgentInAnyProgram, AProgramThatClosesEveryDescriptorMeetsNoneOfOurs) {
  const auto host = AgentHost::native("close");
  EXPECT_EQ(host->line(), "listening");
  host->figures();
  int fds = 0;
  for ([[maybe_unused]] const auto& fd :
       std::filesystem::directory_iterator("/proc/" + std::to_string(host->pid()) + "/fd")) {
    ++fds;
  }
  EXPECT_EQ(fds, 4);  // 0, 1, 2 and its socket.
  host->wait_ready();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_TRUE(host->ask(agent::kTrim));
}

TEST(AgentInAnyProgram, TheProgramThatItBecomesByExecGetsThePage) {
  const auto host = AgentHost::native("exec");
  host->wait_ready();
  const auto seen = host->figures(
      [](const auto& figures) { return figures.malloc && figures.malloc->total > Bytes(50 * kMegabyte); });
  EXPECT_EQ(seen.pid, host->pid());
  EXPECT_TRUE(host->ask(agent::kTrim));
}

TEST(AgentInAnyProgram, OneThatIsKilledIsSeenToBeSilent) {
  const auto host = AgentHost::native("fragmented");
  host->wait_ready();
  host->figures();
  host->kill(SIGKILL);
  host->wait();
  const auto answer = host->ask(agent::kTrim, std::chrono::milliseconds(100));
  EXPECT_EQ(answer.error().code(), ErrorCode::deadline_exceeded);
  const auto later = system_clock().steady() + memory::kAgentSilence + std::chrono::seconds(1);
  EXPECT_FALSE(host->link().figures(later));
}

TEST(AgentInAnyProgram, AWorkerCannotMakeThePageSmaller) {
  const auto host = AgentHost::native("fragmented");
  const auto entries = host->link().entries({});
  const auto path = entries.at(0).substr(entries.at(0).find('=') + 1);
  const int fd = ::open(path.c_str(), O_RDWR);
  ASSERT_GE(fd, 0);
  EXPECT_NE(::ftruncate(fd, 0), 0);
  EXPECT_NE(::ftruncate(fd, 8192), 0);
  ::close(fd);
}

// Its runtime wants to be the first library, and ends a program in which it is not.
TEST(AgentInAnyProgram, OneWithAnAddressSanitizerStartsAndIsTold) {
  AgentHost host({HOLDFAST_ASAN_HOST, "fragmented"}, {"ASAN_OPTIONS=detect_leaks=0"});
  host.wait_ready();
  EXPECT_EQ(host.figures().allocator, agent::kOtherAllocator);
  EXPECT_EQ(host.ask(agent::kTrim)->status, agent::kUnsupported);
  EXPECT_TRUE(host.runs());
  EXPECT_THAT(host.link().entries({"ASAN_OPTIONS=detect_leaks=0"}),
              Contains("ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0"));
  // Two allocators in one program cannot be: it is to say so itself.
  auto config = AgentHost::default_config();
  config.brings_malloc = true;
  EXPECT_THAT(AgentLink::make(config).value()->entries({}), Not(Contains(::testing::StartsWith("ASAN_OPTIONS="))));
}

TEST(AgentInAnyProgram, AStaticProgramAndAMissingPageAreNoMatter) {
  // The loader says so and goes on.
  auto config = AgentHost::default_config();
  config.library = "/nowhere/libholdfast-agent.so";
  AgentHost missing({"/bin/sh", "-c", "echo fine 2>&1"}, {}, config);
  EXPECT_EQ(missing.line(), "fine");
  EXPECT_EQ(missing.wait(), 0);
  AgentHost other({"/bin/sh", "-c", "HOLDFAST_AGENT_PAGE=/nowhere exec " HOLDFAST_NATIVE_HOST " fragmented"});
  other.wait_ready();
  EXPECT_FALSE(other.link().is_claimed());
}

TEST(AgentEntries, KeepWhatTheEnvironmentHas) {
  auto config = AgentHost::default_config();
  config.library = "/lib/a.so";
  const testing::TemporaryDirectory directory;
  config.node_script = directory / "with space \"a\".cjs";
  std::ofstream(config.node_script) << "// nothing";
  const auto link = AgentLink::make(config).value();
  const auto entries = link->entries({"LD_PRELOAD=/lib/b.so", "NODE_OPTIONS=--trace-warnings", "NODE_OPTIONSX=1"});
  EXPECT_THAT(entries, Contains("LD_PRELOAD=/lib/a.so:/lib/b.so"));
  EXPECT_THAT(entries, Contains("NODE_OPTIONS=--trace-warnings --require \"" + directory.path() +
                                "/with space \\\"a\\\".cjs\""));
  EXPECT_THAT(link->entries({}), Contains("LD_PRELOAD=/lib/a.so"));
  // Node would not start with a script that is gone.
  std::filesystem::remove(config.node_script);
  EXPECT_THAT(link->entries({}), Not(Contains(::testing::StartsWith("NODE_OPTIONS="))));
  config.library = "/with space/a.so";
  EXPECT_EQ(AgentLink::make(config).error().code(), ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace holdfast::workers
