#include "gateway/json_text.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "gateway/utf8.hpp"

namespace holdfast::gateway {
namespace {

TEST(JsonStringTest, EveryByteComesOutAsValidJson) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  const auto parsed = parse_json(json_string(all));
  ASSERT_TRUE(parsed) << parsed.error().message();
  const auto text = std::string_view(parsed->as_string());
  EXPECT_EQ(text.substr(0, 128), all.substr(0, 128));
}

TEST(JsonStringTest, ValidTextIsKeptAndBrokenBytesAreReplaced) {
  EXPECT_EQ(json_string("a\"\\\n\tž😀"), "\"a\\\"\\\\\\n\\tž😀\"");
  EXPECT_EQ(json_string("a\xff"), "\"a\xEF\xBF\xBD\"");
  EXPECT_EQ(json_string("\xc5\xbe\xed\xa0\x80"), "\"\xc5\xbe\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(ObjectTextTest, MembersComeInTheOrderOfTheCalls) {
  ObjectText out;
  out.text("a", "x").number("b", std::int64_t{-7}).number("c", std::optional<std::int64_t>()).boolean("d", true);
  out.raw("e", "[1]").raw("f", "").decimal("g", 1.239).members(R"( {"h": 1, "i":{}} )").members("{}");
  EXPECT_EQ(out.take(), R"({"a":"x","b":-7,"c":null,"d":true,"e":[1],"f":null,"g":1.24,"h": 1, "i":{}})");
  EXPECT_EQ(ObjectText().members(R"({"a":1})").take(), R"({"a":1})");
  EXPECT_EQ(ObjectText().members("").take(), "{}");
}

TEST(SplitMembersTest, FindsEveryMemberOfAnyObject) {
  const std::string object =
      R"( { "a" : 1.50 , "b":"x\"},{", "c":{"d":[1,{"e":"]"}]},"f":[], "g\n":null,"h":-1e5,"i":true } )";
  const auto members = split_members(object);
  ASSERT_EQ(members.size(), 7U);
  EXPECT_EQ(find_member(members, "a"), "1.50");
  EXPECT_EQ(find_member(members, "b"), R"("x\"},{")");
  EXPECT_EQ(find_member(members, "c"), R"({"d":[1,{"e":"]"}]})");
  EXPECT_EQ(find_member(members, "f"), "[]");
  EXPECT_EQ(find_member(members, "g\n"), "null");
  EXPECT_EQ(find_member(members, "h"), "-1e5");
  EXPECT_EQ(find_member(members, "i"), "true");
  EXPECT_EQ(find_member(members, "z"), "");
}

TEST(SplitMembersTest, WhatIsNotAnObjectHasNoMembers) {
  for (const auto* text : {"", " ", "[]", "1", "\"{\"", "{}", "{ }", "{", "null"}) {
    EXPECT_TRUE(split_members(text).empty()) << text;
  }
}

TEST(SplitMembersTest, TheLastOfRepeatedKeysCounts) {
  EXPECT_EQ(find_member(split_members(R"({"a":1,"a":2})"), "a"), "2");
}

TEST(Utf8Test, OnlyWellFormedSequencesAreUtf8) {
  for (const std::string_view good :
       {"", "a", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good));
  }
  for (const std::string_view bad : {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80",
                                     "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "\xff"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
}

}  // namespace
}  // namespace holdfast::gateway
