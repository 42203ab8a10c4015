#include "memory/tree_probe.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_directory.hpp"

namespace holdfast::memory {
namespace {

namespace fs = std::filesystem;

/// A /proc with the processes that a test puts there.
class TreeProbeTest : public ::testing::Test {
 protected:
  void put(int pid, const std::string& status, const std::string& children = "") const {
    const auto task = fs::path(directory_.path()) / std::to_string(pid) / "task" / std::to_string(pid);
    fs::create_directories(task);
    std::ofstream(task.parent_path().parent_path() / "status") << status;
    std::ofstream(task / "children") << children;
  }
  static std::string resident(int anonymous_kb, int shared_kb = 0) {
    return "Name:\tx\nVmRSS:\t  999999 kB\nRssAnon:\t" + std::to_string(anonymous_kb) +
           " kB\nRssFile:\t  888888 kB\nRssShmem:\t" + std::to_string(shared_kb) + " kB\nThreads:\t1\n";
  }
  [[nodiscard]] Result<Bytes> read() const { return read_tree_memory(directory_.path(), 10); }

  testing::TemporaryDirectory directory_;
};

TEST_F(TreeProbeTest, WhatChildrenAndTheirChildrenKeepCounts) {
  put(10, resident(100, 1), "20 30 ");
  put(20, resident(2000), "40\n");
  put(30, resident(30000));
  put(40, resident(400000));
  put(50, resident(9));
  EXPECT_EQ(read().value(), Bytes(432101 * 1024ULL));
}

TEST_F(TreeProbeTest, AChildThatIsGoneOrAZombieCountsAsNothing) {
  put(10, resident(100), "20 30 ");
  put(30, "Name:\tx\nState:\tZ (zombie)\n");
  EXPECT_EQ(read().value(), Bytes(100 * 1024ULL));
}

TEST_F(TreeProbeTest, ATreeThatCannotBeReadIsAnErrorAndNotZero) {
  const auto used = read();
  ASSERT_FALSE(used);
  EXPECT_EQ(used.error().code(), ErrorCode::unavailable);
}

TEST_F(TreeProbeTest, ARealProcessHasAMegabyteAtLeast) {
  const auto used = read_tree_memory("/proc", ::getpid());
  ASSERT_TRUE(used) << used.error().message();
  EXPECT_GT(used->count(), 1024U * 1024U);
}

}  // namespace
}  // namespace holdfast::memory
