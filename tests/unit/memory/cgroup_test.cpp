#include "memory/cgroup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/memory/fixture_tree.hpp"

namespace holdfast::memory {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::string_view kMountV2 =
    "30 22 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n22 1 8:1 / / rw - ext4 /dev/x "
    "rw\n";
constexpr std::string_view kMountsHybrid =
    "30 22 0:27 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n33 30 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup "
    "rw,cpu\n"
    "34 30 0:31 / /sys/fs/cgroup/memory rw,relatime shared:1 master:2 - cgroup cgroup rw,memory\n"
    "40 30 0:37 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
constexpr std::string_view kStatV2 =
    "anon 1000\nfile 900000\nkernel 500\nkernel_stack 7\npercpu 7\nsock 30\nshmem 200\ninactive_anon 5\n"
    "inactive_file 600\nslab_reclaimable 100\nslab_unreclaimable 9\nslab 109\n";
constexpr std::string_view kStatV1 =
    "cache 9\nrss 1\nshmem 2\ninactive_file 3\ntotal_cache 99999\ntotal_rss 4000\ntotal_shmem 70\n"
    "total_inactive_file 5000\n";

class CgroupTest : public ::testing::Test {
 protected:
  void be_in(std::string_view membership, std::string_view mounts) const {
    tree_.put({{"/proc/self/cgroup", membership}, {"/proc/self/mountinfo", mounts}});
  }
  void be_in_v2() const { be_in("0::/pod/me\n", kMountV2); }
  void be_in_v1() const { be_in("5:cpu,cpuacct:/\n4:memory:/pod/me\n0::/\n", kMountsHybrid); }
  [[nodiscard]] Cgroup cgroup() const { return Cgroup::discover(files_).value(); }
  [[nodiscard]] std::uint64_t limit() const { return cgroup().limit(files_).value()->limit.count(); }
  [[nodiscard]] ErrorCode limit_error() const { return cgroup().limit(files_).error().code(); }

  FixtureTree tree_;
  KernelFiles files_{tree_.root()};
};

TEST_F(CgroupTest, V2IsFoundWithAllGroupsUpToTheMount) {
  be_in_v2();
  EXPECT_EQ(cgroup().version(), CgroupVersion::v2);
  EXPECT_THAT(cgroup().groups(), ElementsAre("/sys/fs/cgroup/pod/me", "/sys/fs/cgroup/pod", "/sys/fs/cgroup"));
}

TEST_F(CgroupTest, OnAHybridSystemV1HasTheMemoryController) {
  be_in_v1();
  EXPECT_EQ(cgroup().version(), CgroupVersion::v1);
  EXPECT_THAT(cgroup().groups(),
              ElementsAre("/sys/fs/cgroup/memory/pod/me", "/sys/fs/cgroup/memory/pod", "/sys/fs/cgroup/memory"));
}

TEST_F(CgroupTest, OnAHybridSystemWithoutV1MemoryItIsV2) {
  be_in("5:cpu:/\n0::/me\n", kMountsHybrid);
  EXPECT_EQ(cgroup().version(), CgroupVersion::v2);
  EXPECT_THAT(cgroup().groups(), ElementsAre("/sys/fs/cgroup/unified/me", "/sys/fs/cgroup/unified"));
}

TEST_F(CgroupTest, WithoutCgroupsThereIsNoLimit) {
  EXPECT_EQ(cgroup().version(), CgroupVersion::none);
  EXPECT_THAT(cgroup().groups(), IsEmpty());
  EXPECT_EQ(cgroup().limit(files_).value(), std::nullopt);
  EXPECT_EQ(cgroup().usage(files_, "").error().code(), ErrorCode::not_found);
  EXPECT_EQ(cgroup().oom_kills(files_).error().code(), ErrorCode::not_found);
}

TEST_F(CgroupTest, InACgroupNamespaceOurGroupIsTheMount) {
  be_in("0::/\n", kMountV2);
  EXPECT_THAT(cgroup().groups(), ElementsAre("/sys/fs/cgroup"));
}

TEST_F(CgroupTest, AContainerThatMountsOnlyItsOwnPartFindsItThere) {
  be_in("4:memory:/docker/ab\n", "1 2 0:3 /docker/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
  EXPECT_THAT(cgroup().groups(), ElementsAre("/sys/fs/cgroup/memory"));
  be_in("4:memory:/docker/abc/x\n", "1 2 0:3 /docker/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
  EXPECT_THAT(cgroup().groups(), ElementsAre("/sys/fs/cgroup/memory"));
}

TEST_F(CgroupTest, AGroupOutsideOfTheNamespaceIsNotFollowedOutOfTheMount) {
  be_in("0::/../other\n", kMountV2);
  EXPECT_THAT(cgroup().groups(), ElementsAre("/sys/fs/cgroup"));
}

TEST_F(CgroupTest, BlanksInTheMountPointAreUnderstood) {
  be_in("0::/me\n", "1 2 0:3 / /a\\040b rw - cgroup2 none rw\n");
  EXPECT_THAT(cgroup().groups(), ElementsAre("/a b/me", "/a b"));
}

TEST_F(CgroupTest, GarbageAndUnreadableAreErrorsAndNotTheAbsenceOfCgroups) {
  be_in("what\n", kMountV2);
  EXPECT_EQ(Cgroup::discover(files_).error().code(), ErrorCode::data_loss);
  be_in("0::/\n", "1 2 cgroup2\n");
  EXPECT_EQ(Cgroup::discover(files_).error().code(), ErrorCode::data_loss);
  tree_.make_unreadable("/proc/self/mountinfo");
  EXPECT_EQ(Cgroup::discover(files_).error().code(), ErrorCode::unavailable);
}

TEST_F(CgroupTest, TheSmallestLimitOnTheWayUpCountsAndIsReadAgain) {
  be_in_v2();
  tree_.put({{"/sys/fs/cgroup/pod/me/memory.max", "max\n"}, {"/sys/fs/cgroup/pod/memory.max", "4096\n"}});
  const auto group = cgroup();
  EXPECT_EQ(group.limit(files_).value()->limit, Bytes(4096));
  EXPECT_EQ(group.limit(files_).value()->group, "/sys/fs/cgroup/pod");
  tree_.put("/sys/fs/cgroup/pod/me/memory.max", "1024\n");
  EXPECT_EQ(group.limit(files_).value()->limit, Bytes(1024));
  EXPECT_EQ(group.limit(files_).value()->group, "/sys/fs/cgroup/pod/me");
  tree_.put({{"/sys/fs/cgroup/pod/me/memory.max", "max\n"}, {"/sys/fs/cgroup/pod/memory.max", "max\n"}});
  EXPECT_EQ(group.limit(files_).value(), std::nullopt);
}

TEST_F(CgroupTest, OfTwoEqualLimitsTheUpperIsReachedFirst) {
  be_in_v2();
  tree_.put({{"/sys/fs/cgroup/pod/me/memory.max", "4096\n"}, {"/sys/fs/cgroup/pod/memory.max", "4096\n"}});
  EXPECT_EQ(cgroup().limit(files_).value()->group, "/sys/fs/cgroup/pod");
}

TEST_F(CgroupTest, TheHugeNumberOfV1IsNoLimit) {
  be_in_v1();
  tree_.put({{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"},
             {"/sys/fs/cgroup/memory/pod/memory.limit_in_bytes", "9223372036854710272\n"}});
  EXPECT_EQ(cgroup().limit(files_).value(), std::nullopt);
  tree_.put("/sys/fs/cgroup/memory/pod/me/memory.limit_in_bytes", "536870912\n");
  EXPECT_EQ(limit(), 536870912U);
}

TEST_F(CgroupTest, OfV1ALimitAboveTheVisibleRootIsToldByTheKernel) {
  be_in_v1();
  const auto stat = std::string(kStatV1) + "hierarchical_memory_limit ";
  tree_.put({{"/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"},
             {"/sys/fs/cgroup/memory/memory.stat", stat + "536870912\n"}});
  EXPECT_EQ(limit(), 536870912U);
  EXPECT_EQ(cgroup().limit(files_).value()->group, "/sys/fs/cgroup/memory");
  tree_.put("/sys/fs/cgroup/memory/pod/me/memory.limit_in_bytes", "268435456\n");
  EXPECT_EQ(limit(), 268435456U) << "the smaller one counts";
  tree_.put({{"/sys/fs/cgroup/memory/pod/me/memory.limit_in_bytes", "9223372036854771712\n"},
             {"/sys/fs/cgroup/memory/memory.stat", stat + "9223372036854771712\n"}});
  EXPECT_EQ(cgroup().limit(files_).value(), std::nullopt);
  tree_.put("/sys/fs/cgroup/memory/memory.stat", stat + "lots\n");
  EXPECT_EQ(limit_error(), ErrorCode::data_loss);
}

TEST_F(CgroupTest, ALimitThatCannotBeUnderstoodOrReadIsAnError) {
  be_in_v2();
  for (const auto* garbage : {"", "lots\n", "-1\n", "1 2\n"}) {
    tree_.put("/sys/fs/cgroup/pod/memory.max", garbage);
    EXPECT_EQ(limit_error(), ErrorCode::data_loss) << garbage;
  }
  tree_.make_unreadable("/sys/fs/cgroup/pod/memory.max");
  EXPECT_EQ(limit_error(), ErrorCode::unavailable);
}

TEST_F(CgroupTest, HardUsageOfV2LeavesOutWhatTheKernelCanTakeBack) {
  be_in_v2();
  tree_.put({{"/sys/fs/cgroup/pod/memory.stat", kStatV2}, {"/sys/fs/cgroup/pod/memory.current", "2000\n"}});
  const auto usage = cgroup().usage(files_, "/sys/fs/cgroup/pod").value();
  EXPECT_EQ(usage.hard, Bytes(1000 + 200 + 30 + 500 - 100));
  EXPECT_EQ(usage.working_set, Bytes(1400));
}

TEST_F(CgroupTest, BeforeLinux518TheKernelsPartsAreAdded) {
  be_in_v2();
  tree_.put({{"/sys/fs/cgroup/pod/memory.stat",
              "anon 1000\nkernel_stack 16\nslab 109\npercpu 5\nsock 30\nshmem 200\ninactive_file 600\n"
              "slab_reclaimable 100\n"},
             {"/sys/fs/cgroup/pod/memory.current", "100\n"}});
  const auto usage = cgroup().usage(files_, "/sys/fs/cgroup/pod").value();
  EXPECT_EQ(usage.hard, Bytes(1000 + 200 + 30 + 16 + 109 + 5 - 100));
  EXPECT_EQ(usage.working_set, Bytes());
}

TEST_F(CgroupTest, HardUsageOfV1CountsTheGroupsBelow) {
  be_in_v1();
  tree_.put({{"/sys/fs/cgroup/memory/pod/memory.stat", kStatV1},
             {"/sys/fs/cgroup/memory/pod/memory.usage_in_bytes", "104069\n"}});
  const auto usage = cgroup().usage(files_, "/sys/fs/cgroup/memory/pod").value();
  EXPECT_EQ(usage.hard, Bytes(4070));
  EXPECT_EQ(usage.working_set, Bytes(99069));
}

TEST_F(CgroupTest, AMissingCounterIsAnErrorAndNotZero) {
  be_in_v2();
  tree_.put({{"/sys/fs/cgroup/pod/memory.stat", "anon 1000\n"}, {"/sys/fs/cgroup/pod/memory.current", "2000\n"}});
  EXPECT_EQ(cgroup().usage(files_, "/sys/fs/cgroup/pod").error().code(), ErrorCode::data_loss);
  EXPECT_EQ(cgroup().usage(files_, "/sys/fs/cgroup/none").error().code(), ErrorCode::not_found);
}

TEST_F(CgroupTest, OomKillsAreCountedByTheKernel) {
  be_in_v2();
  tree_.put("/sys/fs/cgroup/pod/me/memory.events", "low 0\nhigh 0\nmax 9\noom 3\noom_kill 2\noom_group_kill 1\n");
  EXPECT_EQ(cgroup().oom_kills(files_).value(), 2U);
  be_in_v1();
  tree_.put("/sys/fs/cgroup/memory/pod/me/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n");
  EXPECT_EQ(cgroup().oom_kills(files_).value(), 5U);
  tree_.put("/sys/fs/cgroup/memory/pod/me/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\n");
  EXPECT_EQ(cgroup().oom_kills(files_).error().code(), ErrorCode::not_found);
}

TEST(CgroupOnThisMachineTest, WhatTheKernelSaysIsUnderstood) {
  const KernelFiles files("");
  const auto cgroup = Cgroup::discover(files);
  ASSERT_TRUE(cgroup) << cgroup.error().message();
  const auto limit = cgroup->limit(files);
  EXPECT_TRUE(limit) << limit.error().message();
}

}  // namespace
}  // namespace holdfast::memory
