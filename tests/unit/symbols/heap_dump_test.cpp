#include "symbols/heap_dump.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace holdfast::symbols {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

const std::string kDump = R"(heap_v2/524288
  t*: 4: 1310720 [0: 0]
  t0: 4: 1310720 [0: 0]
@ 0x7f0000001010 0x555500001020
  t*: 1: 4096 [0: 0]
  t0: 1: 4096 [0: 0]
@ 0x7f0000001010 0x555500001030 0x555500001040
  t*: 3: 12582912 [0: 0]
  t0: 3: 12582912 [0: 0]

MAPPED_LIBRARIES:
555500000000-555500001000 r--p 00000000 fe:00 17        /opt/my worker
555500001000-555500002000 r-xp 00001000 fe:00 17        /opt/my worker
555500003000-555500004000 rw-p 00000000 00:00 0         [heap]
7f0000000000-7f0000002000 r-xp 00000000 fe:00 18        /lib/libjemalloc.so.2 (deleted)
)";

TEST(HeapDumpTest, StacksAndFilesAreRead) {
  const auto dump = parse_heap_dump(kDump);
  ASSERT_TRUE(dump) << dump.error().message();
  ASSERT_THAT(dump->stacks, SizeIs(2));
  EXPECT_THAT(dump->stacks.at(0).addresses, ElementsAre(0x7f0000001010, 0x555500001030, 0x555500001040));
  ASSERT_THAT(dump->mappings, SizeIs(3));
  EXPECT_EQ(dump->mappings.at(1).path, "/opt/my worker");
  EXPECT_EQ(dump->mappings.at(2).path, "/lib/libjemalloc.so.2 (deleted)");
  EXPECT_FALSE(dump->truncated);
}

// A block of 4 KB is sampled with a probability of 0.78 %, so one of them stands for 128.5; one of 4 MB nearly always.
TEST(HeapDumpTest, WhatWasSampledStandsForWhatWasNot) {
  const auto dump = parse_heap_dump(kDump).value();
  EXPECT_EQ(dump.stacks.at(1).count, 129);
  EXPECT_NEAR(static_cast<double>(dump.stacks.at(1).bytes), 128.5 * 4096, 4096);
  EXPECT_EQ(dump.stacks.at(0).count, 3);
  EXPECT_NEAR(static_cast<double>(dump.stacks.at(0).bytes), 12582912, 12582912 * 0.001);
}

TEST(HeapDumpTest, AnAddressIsInTheFileThatIsMappedThere) {
  const auto mappings = parse_heap_dump(kDump)->mappings;
  EXPECT_EQ(find_mapping(mappings, 0x555500001fff)->path, "/opt/my worker");
  EXPECT_EQ(first_mapping(mappings, *find_mapping(mappings, 0x555500001fff))->start, 0x555500000000);
  EXPECT_EQ(first_mapping(mappings, mappings.at(2)), &mappings.at(2));
  for (const std::uint64_t address : {0ULL, 0x5554ffffffffULL, 0x555500002000ULL, ~0ULL}) {
    EXPECT_EQ(find_mapping(mappings, address), nullptr) << address;
  }
}

TEST(HeapDumpTest, WhatIsNoneIsRefused) {
  for (const auto* text : {"", "heap_v2", "heap_v2/", "heap_v2/0\n", "heap_v2/x\n",
                           "heap profile: 1: 1 [1: 1] @ heapprofile\n", "{\"stacks\":[]}"}) {
    const auto dump = parse_heap_dump(text);
    ASSERT_FALSE(dump) << text;
    EXPECT_EQ(dump.error().code(), ErrorCode::data_loss);
  }
  EXPECT_FALSE(parse_heap_dump("heap_v2/524288\n" + std::string(kLargestDump, ' ')));
}

TEST(HeapDumpTest, LinesThatCannotBeAreNot) {
  const auto dump = parse_heap_dump(
      "heap_v2/524288\n  t*: 1: 1 [0: 0]\n@\n  t*: 1: 1 [0: 0]\n@ 0x1\n  t*: 0: 5 [0: 0]\n@ 0x2\n"
      "  t*: 1: 18446744073709551615 [0: 0]\n@ 0x3\n  t*: -1: 1\n@ 0x4\n  t*: 1\n@ 0x5 zzz\n  t*: 1: 600000 [0: 0]\n"
      "MAPPED_LIBRARIES:\nnonsense\n5-4 r-xp 0 0 0 /a\n4-5 r-xp q 0 0 /b\n4-5 r-xp 0 0 0 c\n6-7 r-xp 0 0 0 /d\n");
  ASSERT_TRUE(dump);
  ASSERT_THAT(dump->stacks, SizeIs(1));
  EXPECT_THAT(dump->stacks.at(0).addresses, ElementsAre(5));
  ASSERT_THAT(dump->mappings, SizeIs(1));
  EXPECT_EQ(dump->mappings.at(0).path, "/d");
}

TEST(HeapDumpTest, OfTooManyStacksTheLargestStay) {
  std::string text = "heap_v2/1\n";
  for (std::size_t i = 1; i <= kMostStacks + 10; ++i) {
    text += "@ 0x" + std::to_string(i) + "\n  t*: 1: " + std::to_string(i * 1000) + " [0: 0]\n";
  }
  const auto dump = parse_heap_dump(text).value();
  EXPECT_TRUE(dump.truncated);
  EXPECT_THAT(dump.stacks, SizeIs(kMostStacks));
  EXPECT_EQ(dump.stacks.back().bytes, 11'000);
  std::string deep = "heap_v2/1\n@";
  for (int i = 0; i < 1000; ++i) deep += " 0x1";
  EXPECT_THAT(parse_heap_dump(deep + "\n  t*: 1: 1000 [0: 0]\n")->stacks.at(0).addresses, SizeIs(kMostAddresses));
}

}  // namespace
}  // namespace holdfast::symbols
