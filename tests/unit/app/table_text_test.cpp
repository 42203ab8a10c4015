#include "app/table_text.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace holdfast::app {
namespace {

TEST(TableTextTest, ColumnsAlignByCodePoints) {
  EXPECT_EQ(format_table({{"A", "B"}, {"žluť", "1"}, {"x", "22"}}), "A     B\nžluť  1\nx     22\n");
}

TEST(TableTextTest, ALongCellIsCutAtACodePoint) {
  std::string cell;
  for (int i = 0; i < 100; ++i) cell += "ž";
  const auto text = format_table({{cell}});
  EXPECT_EQ(count_code_points(text), 61U);  // 59 letters, the ellipsis, the line end.
}

TEST(TableTextTest, ControlCharactersDoNotReachTheTerminal) { EXPECT_EQ(format_table({{"a\x1b[2Jb"}}), "a [2Jb\n"); }

TEST(TableTextTest, RowsMayHaveDifferentLengths) { EXPECT_EQ(format_table({{"A"}, {"1", "2"}}), "A\n1  2\n"); }

}  // namespace
}  // namespace holdfast::app
