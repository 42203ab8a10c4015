#include "memory/kernel_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "memory/kernel_text.hpp"
#include "tests/unit/memory/fixture_tree.hpp"

namespace holdfast::memory {
namespace {

TEST(KernelFilesTest, AFileIsReadUnderTheRootAndInFull) {
  const FixtureTree tree({{"/proc/meminfo", "MemTotal: 1 kB\n"}, {"/proc/long", std::string(100'000, 'x')}});
  const KernelFiles files(tree.root());
  EXPECT_EQ(files.read("/proc/meminfo").value(), "MemTotal: 1 kB\n");
  EXPECT_EQ(files.read("/proc/long").value().size(), 100'000U);
}

TEST(KernelFilesTest, MissingUnreadableAndTooLongAreThreeThings) {
  const FixtureTree tree({{"/proc/long", std::string(kMostKernelText + 1, 'x')}});
  tree.make_unreadable("/proc/closed");
  const KernelFiles files(tree.root());
  EXPECT_EQ(files.read("/proc/none").error().code(), ErrorCode::not_found);
  EXPECT_EQ(files.read("/proc/long/none").error().code(), ErrorCode::not_found);
  EXPECT_EQ(files.read("/proc/closed").error().code(), ErrorCode::unavailable);
  EXPECT_EQ(files.read("/proc/long").error().code(), ErrorCode::data_loss);
}

TEST(KernelFilesTest, OnlyNumbersAreListed) {
  const FixtureTree tree({{"/proc/1/status", ""}, {"/proc/27/status", ""}, {"/proc/self", ""}, {"/proc/2x", ""}});
  const KernelFiles files(tree.root());
  EXPECT_THAT(files.numbered_entries("/proc").value(), ::testing::UnorderedElementsAre(1, 27));
  EXPECT_EQ(files.numbered_entries("/proc/1/task").error().code(), ErrorCode::not_found);
}

TEST(KernelFilesTest, WithoutARootItReadsTheRealKernel) {
  EXPECT_TRUE(kilobytes_of(KernelFiles("").read("/proc/meminfo").value(), "MemTotal:"));
}

TEST(KernelTextTest, ANumberIsTheWholeTextOrNone) {
  EXPECT_EQ(parse_number(" 12\n"), 12U);
  for (const auto* text : {"", "max", "12x", "-1", "99999999999999999999999"}) EXPECT_FALSE(parse_number(text)) << text;
}

TEST(KernelTextTest, AKeyCountsOnlyAtTheBeginningOfALine) {
  EXPECT_EQ(value_of("x anon 1\nanon 2\n", "anon "), "2");
  EXPECT_EQ(value_of("inactive_anon 1\n", "anon "), std::nullopt);
  EXPECT_EQ(number_of("anon x", "anon ").error().code(), ErrorCode::data_loss);
}

}  // namespace
}  // namespace holdfast::memory
