#include "gateway/target.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace holdfast::gateway {
namespace {

TEST(TargetTest, APathIsSplitBeforeItIsDecoded) {
  const auto target = parse_target("/chat/a%20b%C4%8D/messages?envelope=true&x=1+2%2B&empty=&flag");
  ASSERT_TRUE(target) << target.error().message();
  EXPECT_EQ(target->segments, (std::vector<std::string>{"chat", "a bč", "messages"}));
  EXPECT_EQ(target->path, "/chat/a%20b%C4%8D/messages");
  EXPECT_EQ(*target->find_query("envelope"), "true");
  EXPECT_EQ(*target->find_query("x"), "1 2+");
  EXPECT_EQ(*target->find_query("empty"), "");
  EXPECT_EQ(*target->find_query("flag"), "");
  EXPECT_EQ(target->find_query("none"), nullptr);
}

TEST(TargetTest, TheRootHasNoSegments) {
  EXPECT_TRUE(parse_target("/")->segments.empty());
  EXPECT_TRUE(parse_target("/?a=b")->segments.empty());
  EXPECT_EQ(parse_target("/livez/")->segments, (std::vector<std::string>{"livez"}));
}

TEST(TargetTest, AnAbsoluteFormNamesItsHost) {
  const auto target = parse_target("http://localhost:8000/livez?a=b");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->authority, "localhost:8000");
  EXPECT_EQ(target->path, "/livez");
  EXPECT_EQ(parse_target("http://localhost")->path, "/");
}

TEST(TargetTest, AnEncodedSlashBelongsToItsSegment) {
  EXPECT_EQ(parse_target("/chat/a%2Fb/messages")->segments, (std::vector<std::string>{"chat", "a/b", "messages"}));
  EXPECT_EQ(parse_target("/chat/%2f/x")->segments, (std::vector<std::string>{"chat", "/", "x"}));
  EXPECT_EQ(parse_target("/chat/a%5Cb")->segments, (std::vector<std::string>{"chat", "a\\b"}));
}

class BadTargetTest : public ::testing::TestWithParam<const char*> {};

TEST_P(BadTargetTest, IsRefused) { EXPECT_FALSE(parse_target(GetParam())) << GetParam(); }

INSTANTIATE_TEST_SUITE_P(All, BadTargetTest,
                         ::testing::Values("", "livez", "*", "?a", "//", "/a//b", "/..", "/a/../b", "/a/./b", "/%2e%2e",
                                           "/a%2f..%2f%2e%2e/..", "/a\\b", "/%", "/%1", "/%zz", "/%00", "/a%0ab",
                                           "/%c3", "/%c0%af", "/%ed%a0%80", "/a#b", "http:///x", "ftp://x/y",
                                           "/a?x=%zz", "/a?x=%00", "/a?%ff=1"));

TEST(PercentEncodingTest, DecodingUndoesEncodingForEveryCharacter) {
  std::string all;
  for (int c = 0x20; c < 0x7F; ++c) all += static_cast<char>(c);
  all += "ž€😀";
  EXPECT_EQ(percent_decode(percent_encode(all)).value(), all);
  EXPECT_EQ(percent_encode("a/b c~"), "a%2Fb%20c~");
}

}  // namespace
}  // namespace holdfast::gateway
