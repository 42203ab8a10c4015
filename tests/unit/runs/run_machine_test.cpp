#include "runs/run_machine.hpp"

#include <gtest/gtest.h>

namespace holdfast::runs {
namespace {

constexpr std::array kStatuses{RunStatus::queued, RunStatus::running,   RunStatus::completed,
                               RunStatus::failed, RunStatus::cancelled, RunStatus::expired};
constexpr std::array kTerminalKinds{EntryKind::completed, EntryKind::failed, EntryKind::cancelled, EntryKind::expired};

TEST(RunMachineTest, ALateCompletionCannotReviveATerminalRun) {
  for (const auto status : kStatuses) {
    if (!is_terminal(status)) continue;
    for (const auto kind : kTerminalKinds) EXPECT_FALSE(next(status, kind)) << to_string(status) << to_string(kind);
    EXPECT_FALSE(next(status, EntryKind::started)) << to_string(status);
  }
}

TEST(RunMachineTest, ALostAttemptGoesBackToTheQueue) {
  EXPECT_EQ(next(RunStatus::running, EntryKind::attempt_lost), RunStatus::queued);
}

TEST(RunMachineTest, ARunCannotCompleteBeforeItStarted) {
  EXPECT_FALSE(next(RunStatus::queued, EntryKind::completed));
  EXPECT_FALSE(next(RunStatus::queued, EntryKind::progress));
}

TEST(RunMachineTest, ATerminalEntryNamesItsState) {
  for (const auto kind : kTerminalKinds) {
    const auto to = next(RunStatus::running, kind);
    ASSERT_TRUE(to);
    EXPECT_EQ(to_string(*to), to_string(kind));
  }
}

}  // namespace
}  // namespace holdfast::runs
