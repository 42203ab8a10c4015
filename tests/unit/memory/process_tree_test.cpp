#include "memory/process_tree.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <initializer_list>

#include "tests/unit/memory/fixture_tree.hpp"

namespace holdfast::memory {
namespace {

constexpr Bytes kilobytes(std::uint64_t count) { return Bytes(count * 1024); }

/// Process 10 is ours; 20 and 30 are its workers.
class ProcessTreeTest : public ::testing::Test {
 protected:
  ProcessTreeTest() {
    tree_.put({.pid = 10, .anonymous_kb = 1, .children = "20 30 "});
    tree_.put({.pid = 20,
               .parent = 10,
               .anonymous_kb = 20,
               .file_kb = 7,
               .shared_kb = 3,
               .vm_size_kb = 90,
               .swap_kb = 5,
               .children = "21 "});
    tree_.put({.pid = 21, .parent = 20, .anonymous_kb = 200, .vm_size_kb = 900, .children = "22 "});
    tree_.put({.pid = 22, .parent = 21, .anonymous_kb = 2000});
    tree_.put({.pid = 30, .parent = 10, .anonymous_kb = 50000});
    tree_.put({.pid = 99, .parent = 1, .anonymous_kb = 9'000'000});
  }
  [[nodiscard]] TreeMemory read(std::initializer_list<int> workers = {20, 30}) const {
    return read_process_tree(KernelFiles(tree_.root()), 10, std::vector(workers));
  }

  FixtureTree tree_;
};

TEST_F(ProcessTreeTest, AWorkerIsChargedForItsChildrenAndTheirChildren) {
  const auto memory = read();
  const auto& worker = memory.workers.at(0).value();
  EXPECT_EQ(worker.pid, 20);
  EXPECT_EQ(worker.resident, kilobytes(20 + 3 + 200 + 2000));
  EXPECT_EQ(worker.file, kilobytes(7));
  EXPECT_EQ(worker.vm_size, kilobytes(990));
  EXPECT_EQ(worker.swap, kilobytes(5));
  EXPECT_EQ(worker.processes, 3U);
  EXPECT_EQ(worker.threads, 3U);
  EXPECT_EQ(memory.workers.at(1).value().resident, kilobytes(50000));
  EXPECT_EQ(memory.resident.value(), kilobytes(1 + 2223 + 50000));
  EXPECT_EQ(memory.own.value().anonymous, kilobytes(1));
}

TEST_F(ProcessTreeTest, AWorkerBelowAWorkerIsChargedToItself) {
  const auto memory = read({20, 21});
  EXPECT_EQ(memory.workers.at(0).value().resident, kilobytes(23));
  EXPECT_EQ(memory.workers.at(1).value().resident, kilobytes(2200));
  EXPECT_EQ(memory.resident.value(), kilobytes(1 + 2223 + 50000));
}

TEST_F(ProcessTreeTest, AWorkerThatIsNotBelowUsCountsToo) {
  const auto memory = read({99});
  EXPECT_EQ(memory.workers.at(0).value().resident, kilobytes(9'000'000));
  EXPECT_EQ(memory.resident.value(), kilobytes(1 + 2223 + 50000 + 9'000'000));
}

TEST_F(ProcessTreeTest, AWorkerThatHasEndedIsNotFoundAndHoldsNothing) {
  tree_.remove("/proc/30");
  const auto memory = read();
  EXPECT_EQ(memory.workers.at(1).error().code(), ErrorCode::not_found);
  EXPECT_EQ(memory.resident.value(), kilobytes(2224));
}

TEST_F(ProcessTreeTest, AGrandchildThatHasEndedHoldsNothing) {
  tree_.remove("/proc/22");
  EXPECT_EQ(read().workers.at(0).value().resident, kilobytes(223));
}

TEST_F(ProcessTreeTest, AGrandchildThatCannotBeReadSpoilsTheSumsItBelongsTo) {
  tree_.make_unreadable("/proc/22/status");
  const auto memory = read();
  EXPECT_EQ(memory.workers.at(0).error().code(), ErrorCode::unavailable);
  EXPECT_EQ(memory.resident.error().code(), ErrorCode::unavailable);
  EXPECT_EQ(memory.workers.at(1).value().resident, kilobytes(50000));
}

TEST_F(ProcessTreeTest, GarbageInAStatusOrAListOfChildrenIsAnError) {
  tree_.put("/proc/30/status", "hello\n");
  EXPECT_EQ(read().workers.at(1).error().code(), ErrorCode::data_loss);
  tree_.put("/proc/20/task/20/children", "21 x");
  EXPECT_EQ(read().workers.at(0).error().code(), ErrorCode::data_loss);
}

TEST_F(ProcessTreeTest, OurOwnProcessExistsWhateverItsFilesSay) {
  tree_.remove("/proc/10");
  const auto memory = read();
  EXPECT_FALSE(memory.own);
  EXPECT_FALSE(memory.resident);
  EXPECT_TRUE(memory.workers.at(0));
}

TEST_F(ProcessTreeTest, ChildrenOfEveryThreadCount) {
  tree_.put("/proc/30/status", "PPid:\t10\nThreads:\t2\n");
  tree_.put("/proc/30/task/31/children", "40 ");
  tree_.put({.pid = 40, .parent = 30, .anonymous_kb = 6});
  EXPECT_EQ(read().workers.at(1).value().resident, kilobytes(6));
}

TEST_F(ProcessTreeTest, AKernelWithoutListsOfChildrenIsAskedForParents) {
  for (const auto* pid : {"10", "20", "21", "22", "30", "99"}) tree_.remove("/proc/" + std::string(pid) + "/task");
  EXPECT_EQ(read().workers.at(0).value().resident, kilobytes(2223));
  EXPECT_EQ(read().resident.value(), kilobytes(52224));
}

TEST_F(ProcessTreeTest, ThreadsByTheThousandAreNotWalked) {
  tree_.put("/proc/30/status", "PPid:\t10\nThreads:\t5000\n");
  tree_.put("/proc/30/task/31/children", "40 ");
  tree_.put({.pid = 41, .parent = 30, .anonymous_kb = 6});
  EXPECT_EQ(read().workers.at(1).value().resident, kilobytes(6));
}

TEST_F(ProcessTreeTest, ACircleOfChildrenEnds) {
  tree_.put("/proc/22/task/22/children", "20 21 22 ");
  EXPECT_EQ(read().workers.at(0).value().processes, 3U);
}

TEST_F(ProcessTreeTest, ProcessesWithoutEndAreAnErrorAndNotALowNumber) {
  std::string children;
  for (int pid = 1000; pid < 1000 + static_cast<int>(kMostProcesses); ++pid) children += std::to_string(pid) + " ";
  tree_.put("/proc/30/task/30/children", children);
  const auto memory = read();
  EXPECT_EQ(memory.resident.error().code(), ErrorCode::resource_exhausted);
  EXPECT_EQ(memory.workers.at(1).error().code(), ErrorCode::resource_exhausted);
}

TEST(ProcessTreeOnThisMachineTest, WeHoldAMegabyteAtLeast) {
  const auto memory = read_process_tree(KernelFiles(""), ::getpid(), {});
  ASSERT_TRUE(memory.resident) << memory.resident.error().message();
  EXPECT_GT(memory.resident->count(), 1024U * 1024U);
  EXPECT_GE(memory.own->threads, 1U);
}

}  // namespace
}  // namespace holdfast::memory
