#include "workers/output_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::workers {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class OutputLinesTest : public testing::Test {
 protected:
  std::vector<std::string> feed(std::string_view text, SteadyTime now) {
    std::vector<std::string> texts;
    for (auto& line : lines_.feed(text, now)) texts.push_back(std::move(line.text));
    return texts;
  }
  OutputLines lines_;
  SteadyTime now_{};
};

TEST_F(OutputLinesTest, PiecesJoinToLines) {
  EXPECT_THAT(feed("one\ntw", now_), ElementsAre("one"));
  EXPECT_THAT(feed("o\r\n\n", now_), ElementsAre("two"));
  EXPECT_THAT(feed("three", now_), IsEmpty());
  EXPECT_EQ(lines_.finish().text, "three");
  EXPECT_EQ(lines_.last_line(), "three");
}

TEST_F(OutputLinesTest, WhatAnEarlierRunPrintedCanBeForgotten) {
  feed("of the earlier run\n", now_);
  lines_.forget_last_line();
  EXPECT_EQ(lines_.last_line(), "");
  feed("of this one\n", now_);
  EXPECT_EQ(lines_.last_line(), "of this one");
}

TEST_F(OutputLinesTest, ALongLineIsCutAndCountedAndTheNextOneIsWhole) {
  const std::string huge(100'000, 'x');
  EXPECT_THAT(lines_.feed(huge, now_), IsEmpty());
  const auto lines = lines_.feed(huge + "\nnext\n", now_);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].text, std::string(OutputLines::kMaxLine, 'x'));
  EXPECT_EQ(lines[0].cut, 200'000 - OutputLines::kMaxLine);
  EXPECT_EQ(lines[1].text, "next");
  EXPECT_EQ(lines[1].cut, 0U);
}

TEST_F(OutputLinesTest, WhatIsNotUtf8IsEscaped) {
  EXPECT_THAT(feed("caf\xe9 \xc5\xbe\xff\n", now_), ElementsAre("caf\\xe9 \xc5\xbe\\xff"));
  feed("\xfe", now_);
  EXPECT_EQ(lines_.finish().text, "\\xfe");
  EXPECT_EQ(lines_.last_line(), "\\xfe");
}

TEST_F(OutputLinesTest, AFloodIsDroppedAndCountedButItsLastLineIsKnown) {
  std::string flood;
  for (int i = 1; i <= 10'000; ++i) flood += "line " + std::to_string(i) + "\n";
  EXPECT_EQ(feed(flood, now_).size(), 500u);
  EXPECT_EQ(lines_.take_dropped(), 9'500u);
  EXPECT_EQ(lines_.take_dropped(), 0u);
  EXPECT_EQ(lines_.last_line(), "line 10000");
}

TEST_F(OutputLinesTest, AfterAFloodLinesComeAtTheSteadyRate) {
  feed(std::string(2000, '\n').insert(0, "x"), now_);
  std::string flood;
  for (int i = 0; i < 2000; ++i) flood += "x\n";
  feed(flood, now_);
  EXPECT_EQ(feed(flood, now_ + std::chrono::seconds(1)).size(), 100u);
}

TEST_F(OutputLinesTest, ABlankLastLineDoesNotHideTheOneBefore) {
  feed("reason\n\n  \n", now_);
  EXPECT_EQ(lines_.last_line(), "reason");
}

}  // namespace
}  // namespace holdfast::workers
