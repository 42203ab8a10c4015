// The flavour that brings jemalloc.
#include <gtest/gtest.h>

#include "agent_host.hpp"

namespace holdfast::workers {
namespace {

constexpr std::uint64_t kMegabyte = 1024 * 1024;

AgentConfig with_jemalloc() {
  auto config = AgentHost::default_config();
  config.library = HOLDFAST_AGENT_JEMALLOC_LIBRARY;
  return config;
}

void expect_purge(AgentHost& host, std::uint64_t at_least) {
  host.wait_ready();
  const auto figures = host.figures([](const auto& seen) { return seen.malloc && seen.runtime_heap; });
  EXPECT_EQ(figures.allocator, agent::kJemalloc);
  EXPECT_GT(figures.malloc->total, figures.malloc->live);
  const auto answer = host.ask(agent::kTrim);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, agent::kDone);
  EXPECT_GT(answer->resident_before.count(), answer->resident_after.count() + at_least);
}

TEST(AgentWithJemalloc, PurgesInAnyProgram) {
  AgentHost host({HOLDFAST_NATIVE_HOST, "fragmented"}, {}, with_jemalloc());
  expect_purge(host, 30 * kMegabyte);
}

TEST(AgentWithJemalloc, PurgesInPython) {
  AgentHost host({"/usr/bin/python3", HOLDFAST_PYTHON_HOST, "fragmented"}, {}, with_jemalloc());
  expect_purge(host, 30 * kMegabyte);
}

TEST(AgentWithJemalloc, CollectsAndPurgesInNode) {
  AgentHost host({"node", HOLDFAST_NODE_HOST, "buffers"}, {}, with_jemalloc());
  host.wait_ready();
  host.figures([](const auto& seen) { return seen.runtime_heap.has_value(); });
  ASSERT_TRUE(host.ask(agent::kCollect));
  ASSERT_TRUE(host.ask(agent::kTrim));
  EXPECT_EQ(host.figures().allocator, agent::kJemalloc);
}

TEST(AgentWithJemalloc, AThousandThreadsThatAllocateAndForksGoOn) {
  for (const auto* mode : {"threads", "forks"}) {
    AgentHost host({HOLDFAST_NATIVE_HOST, mode}, {}, with_jemalloc());
    host.figures();
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(host.ask(agent::kTrim));
    host.wait_ready();
    EXPECT_TRUE(host.runs());
  }
}

}  // namespace
}  // namespace holdfast::workers
