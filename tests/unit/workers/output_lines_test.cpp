#include "workers/output_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::workers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class OutputLinesTest : public testing::Test {
 protected:
  OutputLines lines_;
  SteadyTime now_{};
};

TEST_F(OutputLinesTest, PiecesJoinToLines) {
  EXPECT_THAT(lines_.feed("one\ntw", now_), ElementsAre("one"));
  EXPECT_THAT(lines_.feed("o\r\n\n", now_), ElementsAre("two"));
  EXPECT_THAT(lines_.feed("three", now_), IsEmpty());
  EXPECT_EQ(lines_.finish(), "three");
  EXPECT_EQ(lines_.last_line(), "three");
}

TEST_F(OutputLinesTest, WhatAnEarlierRunPrintedCanBeForgotten) {
  lines_.feed("of the earlier run\n", now_);
  lines_.forget_last_line();
  EXPECT_EQ(lines_.last_line(), "");
  lines_.feed("of this one\n", now_);
  EXPECT_EQ(lines_.last_line(), "of this one");
}

TEST_F(OutputLinesTest, ALongLineIsCutAndTheNextOneIsWhole) {
  const std::string huge(100'000, 'x');
  EXPECT_THAT(lines_.feed(huge, now_), IsEmpty());
  EXPECT_THAT(lines_.feed(huge + "\nnext\n", now_), ElementsAre(std::string(OutputLines::kMaxLine, 'x'), "next"));
}

TEST_F(OutputLinesTest, AFloodIsDroppedAndCountedButItsLastLineIsKnown) {
  std::string flood;
  for (int i = 1; i <= 10'000; ++i) flood += "line " + std::to_string(i) + "\n";
  EXPECT_EQ(lines_.feed(flood, now_).size(), 500u);
  EXPECT_EQ(lines_.take_dropped(), 9'500u);
  EXPECT_EQ(lines_.take_dropped(), 0u);
  EXPECT_EQ(lines_.last_line(), "line 10000");
}

TEST_F(OutputLinesTest, AfterAFloodLinesComeAtTheSteadyRate) {
  lines_.feed(std::string(2000, '\n').insert(0, "x"), now_);
  std::string flood;
  for (int i = 0; i < 2000; ++i) flood += "x\n";
  lines_.feed(flood, now_);
  EXPECT_EQ(lines_.feed(flood, now_ + std::chrono::seconds(1)).size(), 100u);
}

TEST_F(OutputLinesTest, ABlankLastLineDoesNotHideTheOneBefore) {
  lines_.feed("reason\n\n  \n", now_);
  EXPECT_EQ(lines_.last_line(), "reason");
}

}  // namespace
}  // namespace holdfast::workers
