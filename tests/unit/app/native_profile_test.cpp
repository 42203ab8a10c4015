#include "app/profile/native_profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::app {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

memory::AgentFigures figures(agent::Runtime runtime, agent::Allocator allocator) {
  memory::AgentFigures figures;
  figures.runtime = runtime;
  figures.allocator = allocator;
  return figures;
}

TEST(WhyNoProfileTest, TheSettingThatGivesOneIsNamed) {
  const auto with_c_library = why_no_profile(figures(agent::kNoRuntime, agent::kGlibc), false);
  EXPECT_THAT(with_c_library, AllOf(HasSubstr("C library"), HasSubstr("worker.agent = jemalloc"),
                                    HasSubstr("worker.heap_profile = on")));
  EXPECT_THAT(why_no_profile(figures(agent::kNoRuntime, agent::kOtherAllocator), true),
              AllOf(Not(HasSubstr("C library")), HasSubstr("worker.agent = jemalloc")));
  EXPECT_THAT(why_no_profile(figures(agent::kNoRuntime, agent::kJemalloc), false),
              AllOf(HasSubstr("worker.heap_profile = on"), Not(HasSubstr("worker.agent"))));
  EXPECT_THAT(why_no_profile(figures(agent::kNoRuntime, agent::kJemalloc), true), HasSubstr("MALLOC_CONF"));
  EXPECT_THAT(why_no_profile(figures(agent::kNode, agent::kGlibc), false),
              AllOf(HasSubstr("Node"), HasSubstr("worker.heap_profile = on"), Not(HasSubstr("worker.agent"))));
  EXPECT_THAT(why_no_profile(figures(agent::kCPython, agent::kGlibc), false), HasSubstr("3.7"));
}

}  // namespace
}  // namespace holdfast::app
