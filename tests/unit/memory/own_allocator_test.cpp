#include "memory/own_allocator.hpp"

#include <gtest/gtest.h>

namespace holdfast::memory {
namespace {

TEST(OwnAllocatorTest, PurgingNamesTheAllocatorThatIsThere) {
  const auto name = purge_own_allocator();
  EXPECT_TRUE(name == "glibc" || name == "jemalloc") << name;
}

}  // namespace
}  // namespace holdfast::memory
