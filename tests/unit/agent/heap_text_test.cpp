#include "agent/heap_text.hpp"

#include <gtest/gtest.h>

#include <string>

namespace holdfast::agent {
namespace {

// As CPython 3.11 prints it, cut down to the lines around the two.
constexpr char kText[] =
    "Small block threshold = 512, in 32 size classes.\n\n"
    "class   size   num pools   blocks in use  avail blocks\n"
    "    1     32           7            3410           126\n\n"
    "# arenas allocated total           =                   62\n"
    "# arenas highwater mark            =                    9\n"
    "9 arenas * 1048576 bytes/arena     =            9,437,184\n\n"
    "# bytes in allocated blocks        =            1,234,567\n"
    "# bytes in available blocks        =               12,345\n";

TEST(HeapText, ArenasAndLiveBytesAreRead) {
  const auto heap = parse_heap_text(kText);
  EXPECT_TRUE(heap.known);
  EXPECT_EQ(heap.arenas, 9'437'184U);
  EXPECT_EQ(heap.live, 1'234'567U);
}

TEST(HeapText, WhatSaysNothingIsUnknown) {
  for (const char* text : {"", "=", "bytes/arena", "bytes/arena = \n# bytes in allocated blocks = 1",
                           "bytes/arena = 5\n# bytes in allocated blocks", "# bytes in allocated blocks = 7\n"}) {
    EXPECT_FALSE(parse_heap_text(text).known) << text;
  }
}

TEST(HeapText, ATextCutOffAnywhereIsUnknownOrSmaller) {
  const std::string whole(kText);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto heap = parse_heap_text(whole.substr(0, size).c_str());
    if (heap.known) EXPECT_LE(heap.live, 1'234'567U) << size;
  }
}

TEST(HeapText, MoreInUseThanThereIsCannotBe) {
  EXPECT_FALSE(parse_heap_text("1 arenas * 10 bytes/arena = 10\n# bytes in allocated blocks = 11\n").known);
}

}  // namespace
}  // namespace holdfast::agent
