#include "memory/probe.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "tests/unit/memory/fixture_tree.hpp"

namespace holdfast::memory {
namespace {

using namespace std::chrono_literals;

constexpr Bytes kilobytes(std::uint64_t count) { return Bytes(count * 1024); }
constexpr SteadyTime kNow{123s};

/// A machine of 8 GB where our tree (process 10, worker 20) holds 3,000 KB in the cgroup /pod, to which 5,000 KB are
/// charged.
class ProbeTest : public ::testing::Test {
 protected:
  ProbeTest() {
    tree_.put({{"/proc/meminfo", "MemTotal:        8388608 kB\nMemFree: 1 kB\n"},
               {"/proc/self/cgroup", "0::/pod\n"},
               {"/proc/self/mountinfo", "30 22 0:27 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"},
               {"/proc/pressure/memory", "some avg10=9.00 avg60=0.00\nfull avg10=8.00 avg60=0.00\n"},
               {"/sys/fs/cgroup/pod/memory.pressure", "some avg10=2.50 avg60=1\nfull avg10=0.50 avg60=1\n"},
               {"/sys/fs/cgroup/pod/memory.events", "oom_kill 4\n"},
               {"/sys/fs/cgroup/pod/memory.max", "max\n"},
               {"/sys/fs/cgroup/pod/memory.current", "9000000\n"},
               {"/sys/fs/cgroup/pod/memory.stat",
                "anon 4096000\nkernel 1024000\nsock 0\nshmem 0\nslab_reclaimable 0\ninactive_file 2000000\n"}});
    tree_.put({.pid = 10, .anonymous_kb = 1000, .children = "20 "});
    tree_.put({.pid = 20, .parent = 10, .anonymous_kb = 1900, .shared_kb = 100});
  }
  void limit_group(std::string_view limit) const { tree_.put("/sys/fs/cgroup/pod/memory.max", limit); }
  Snapshot take(std::optional<Bytes> setting = {}) { return probe_.take(std::array{20}, setting, kNow); }

  FixtureTree tree_;
  Probe probe_{tree_.root(), 10};
};

TEST_F(ProbeTest, WhatIsThereOnPaperOnlyIsToldApart) {
  tree_.put({.pid = 20, .parent = 10, .anonymous_kb = 1900, .children = "22 "});
  tree_.put({.pid = 22, .parent = 20, .anonymous_kb = 1900});
  tree_.put("/proc/20/smaps_rollup", "Pss_Anon:  1100 kB\nAnonymous:  1900 kB\nLazyFree:      1500 kB\n");
  tree_.put("/proc/22/smaps_rollup", "Pss_Anon:  1000 kB\nAnonymous:  1900 kB\nLazyFree:         0 kB\n");
  const auto overcount = probe_.overcount(20);
  ASSERT_TRUE(overcount);
  EXPECT_EQ(overcount->lazily_freed, kilobytes(1500));
  EXPECT_EQ(overcount->shared, kilobytes(800 + 900));

  tree_.put("/proc/22/smaps_rollup", "Rss: 2000 kB\nAnonymous: 1900 kB\nLazyFree: 0 kB\n");
  EXPECT_EQ(probe_.overcount(20)->shared, kilobytes(800)) << "an older kernel";
  tree_.put("/proc/20/smaps_rollup", "Rss:   2000 kB\n");
  tree_.put("/proc/22/smaps_rollup", "Rss:   2000 kB\n");
  EXPECT_FALSE(probe_.overcount(20)) << "a kernel that does not tell";
  EXPECT_FALSE(probe_.overcount(21)) << "gone";
}

// Touched, page by page.
char* take(std::size_t length) {
  auto* block = static_cast<char*>(::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  for (std::size_t at = 0; block != MAP_FAILED && at < length; at += 4096) block[at] = 1;
  return block;
}

constexpr std::size_t kLength = 32UL << 20;

TEST(ProbeOfThisProcessTest, WhatWasFreedLazilyIsHeldAndCanBeTakenBack) {
  auto* block = take(kLength);
  ASSERT_NE(block, MAP_FAILED);
  const Probe probe("", ::getpid());
  const auto before = probe.overcount(::getpid());
  ASSERT_EQ(::madvise(block, kLength, MADV_FREE), 0);
  const auto after = probe.overcount(::getpid());
  ::munmap(block, kLength);
  if (!before || !after) GTEST_SKIP() << "this kernel does not tell";
  EXPECT_GT(after->lazily_freed.count(), before->lazily_freed.count() + kLength / 2);
}

// The block counts in both, and is there once.
TEST(ProbeOfThisProcessTest, WhatAForkedChildSharesIsToldApart) {
  auto* block = take(kLength);
  ASSERT_NE(block, MAP_FAILED);
  const Probe probe("", ::getpid());
  const auto alone = probe.overcount(::getpid());
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  const auto both = probe.overcount(::getpid());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::munmap(block, kLength);
  if (!alone || !both) GTEST_SKIP() << "this kernel does not tell";
  EXPECT_GT(both->shared.count(), alone->shared.count() + kLength * 9 / 10);
}

// Between vfork() and exec() a child has the memory of its parent: twice that would be an emergency that is none.
TEST(ProbeOfThisProcessTest, AChildThatIsToExecuteAnotherProgramCountsOnce) {
#if __has_feature(thread_sanitizer)
  GTEST_SKIP() << "the thread sanitizer does not bear a child in its memory";
#endif
  auto* block = take(kLength);
  ASSERT_NE(block, MAP_FAILED);
  const Probe probe("", ::getpid());
  const auto alone = probe.read_worker(::getpid());
  std::array<char, 16UL * 1024> stack{};
  auto wait_to_be_killed = [](void*) { return ::pause(); };
  // As posix_spawn() and Python's subprocess do, but that we go on meanwhile.
  const pid_t child = ::clone(wait_to_be_killed, stack.data() + stack.size(), CLONE_VM | SIGCHLD, nullptr);
  ASSERT_GT(child, 0);
  const auto both = probe.read_worker(::getpid());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::munmap(block, kLength);
  ASSERT_TRUE(alone && both);
  EXPECT_LT(both->count(), alone->count() + kLength / 2);
}

TEST_F(ProbeTest, WithoutAnyLimitTheTreeIsJudgedByTheMachine) {
  const auto snapshot = take();
  EXPECT_EQ(snapshot.at, kNow);
  EXPECT_EQ(snapshot.usage.value().used, kilobytes(3000));
  EXPECT_EQ(snapshot.usage.value().limit, kilobytes(8388608));
  EXPECT_EQ(snapshot.usage.value().source, LimitSource::machine);
  EXPECT_EQ(snapshot.tree.value(), kilobytes(3000));
  EXPECT_EQ(snapshot.workers.at(0).value().resident, kilobytes(2000));
  EXPECT_EQ(snapshot.own.value().anonymous, kilobytes(1000));
}

TEST_F(ProbeTest, TheSettingJudgesTheTreeAlone) {
  const auto usage = take(kilobytes(4000)).usage.value();
  EXPECT_EQ(usage.used, kilobytes(3000));
  EXPECT_EQ(usage.limit, kilobytes(4000));
  EXPECT_EQ(usage.source, LimitSource::setting);
  EXPECT_EQ(take(kilobytes(9'000'000)).usage.value().source, LimitSource::machine);
}

TEST_F(ProbeTest, TheLimitOfAGroupIsJudgedByAllThatIsChargedToIt) {
  limit_group("10240000\n");
  const auto usage = take().usage.value();
  EXPECT_EQ(usage.used, kilobytes(5000));
  EXPECT_EQ(usage.limit, kilobytes(10000));
  EXPECT_EQ(usage.source, LimitSource::cgroup);
  EXPECT_EQ(usage.group, "/sys/fs/cgroup/pod");
}

TEST_F(ProbeTest, OfTwoLimitsTheOneNearerToBeingReachedIsTold) {
  limit_group("10240000\n");
  EXPECT_EQ(take(kilobytes(5900)).usage.value().source, LimitSource::setting);
  EXPECT_EQ(take(kilobytes(6100)).usage.value().source, LimitSource::cgroup);
}

TEST_F(ProbeTest, ALimitThatChangesUnderUsIsSeenAtOnce) {
  limit_group("10240000\n");
  EXPECT_EQ(take().usage.value().limit, kilobytes(10000));
  limit_group("6144000\n");
  EXPECT_EQ(take().usage.value().limit, kilobytes(6000));
  limit_group("max\n");
  EXPECT_EQ(take().usage.value().source, LimitSource::machine);
}

TEST_F(ProbeTest, PageCacheNeverCounts) {
  limit_group("10240000\n");
  tree_.put("/sys/fs/cgroup/pod/memory.current", "10240000\n");
  EXPECT_EQ(take().usage.value().used, kilobytes(5000));
  EXPECT_EQ(take().working_set.value(), Bytes(8'240'000));
}

TEST_F(ProbeTest, ALimitOverTheMachinesMemoryIsNone) {
  limit_group("99999999999999\n");
  EXPECT_EQ(take().usage.value().source, LimitSource::machine);
}

TEST_F(ProbeTest, ALimitThatCannotBeReadIsAnErrorEvenWithASetting) {
  limit_group("what\n");
  EXPECT_EQ(take(kilobytes(4000)).usage.error().code(), ErrorCode::data_loss);
  EXPECT_EQ(take().tree.value(), kilobytes(3000));
  tree_.remove("/proc/meminfo");
  EXPECT_EQ(take().usage.error().code(), ErrorCode::unavailable);
}

TEST_F(ProbeTest, AUseThatCannotBeReadIsAnErrorAndNeverZero) {
  limit_group("10240000\n");
  tree_.remove("/sys/fs/cgroup/pod/memory.stat");
  EXPECT_EQ(take().usage.error().code(), ErrorCode::unavailable);
  limit_group("max\n");
  tree_.make_unreadable("/proc/20/status");
  EXPECT_EQ(take().usage.error().code(), ErrorCode::unavailable);
}

TEST_F(ProbeTest, ALimitOfZeroIsNoLimitToJudgeBy) {
  limit_group("0\n");
  EXPECT_EQ(take().usage.error().code(), ErrorCode::failed_precondition);
}

TEST_F(ProbeTest, StallsAreThoseOfOurGroupAndElseOfTheMachine) {
  EXPECT_DOUBLE_EQ(take().stall.value()->some, 0.025);
  EXPECT_DOUBLE_EQ(take().stall.value()->full, 0.005);
  tree_.remove("/sys/fs/cgroup/pod/memory.pressure");
  EXPECT_DOUBLE_EQ(take().stall.value()->some, 0.09);
  tree_.put("/proc/pressure/memory", "some avg10=\n");
  EXPECT_EQ(take().stall.error().code(), ErrorCode::data_loss);
  tree_.remove("/proc/pressure");
  EXPECT_EQ(take().stall.value().has_value(), false);
}

TEST_F(ProbeTest, OomKillsAreCountedWhereTheKernelCounts) {
  EXPECT_EQ(take().oom_kills.value(), 4U);
  tree_.remove("/sys/fs/cgroup/pod/memory.events");
  EXPECT_EQ(take().oom_kills.value(), std::nullopt);
}

TEST_F(ProbeTest, ACgroupThatCouldNotBeFoundIsLookedForAgain) {
  tree_.put("/proc/self/cgroup", "garbage\n");
  EXPECT_FALSE(take().usage);
  tree_.put("/proc/self/cgroup", "0::/pod\n");
  EXPECT_TRUE(take().usage);
}

TEST(ProbeOnThisMachineTest, EverythingTheKernelSaysIsUnderstood) {
  Probe probe("", ::getpid());
  const auto snapshot = probe.take({}, Bytes(std::uint64_t{1} << 40), kNow);
  ASSERT_TRUE(snapshot.usage) << snapshot.usage.error().message();
  EXPECT_GT(snapshot.usage->used.count(), 1024U * 1024U);
  EXPECT_TRUE(snapshot.stall) << snapshot.stall.error().message();
  EXPECT_TRUE(snapshot.oom_kills) << snapshot.oom_kills.error().message();
  EXPECT_TRUE(snapshot.working_set) << snapshot.working_set.error().message();
}

}  // namespace
}  // namespace holdfast::memory
