#include "runs/same_request.hpp"

#include <gtest/gtest.h>

#include <string>

namespace holdfast::runs {
namespace {

TEST(SameRequestTest, OrderSpaceAndSpellingDoNotCount) {
  EXPECT_TRUE(same_request(R"({"a":1,"b":[1, {"c":null}]})", R"( { "b" : [1,{"c":null} ] , "a":1 } )"));
  EXPECT_TRUE(same_request(R"({"a":"é/\u0041"})", R"({"\u0061":"\u00e9\/A"})"));
  EXPECT_TRUE(same_request("[]", "[ ]"));
  EXPECT_TRUE(same_request("{}", " {}"));
}

TEST(SameRequestTest, NumbersAreComparedToTheLastDigit) {
  EXPECT_FALSE(same_request(R"({"n":12345678901234567890123})", R"({"n":12345678901234567890999})"));
  EXPECT_FALSE(same_request(R"({"n":[0.1000000000000000001]})", R"({"n":[0.1]})"));
  EXPECT_FALSE(same_request(R"({"n":1e999})", R"({"n":2e999})"));
  EXPECT_TRUE(same_request(R"({"m":1,"n":12345678901234567890123})", R"({"n":12345678901234567890123, "m":1})"));
}

TEST(SameRequestTest, WhatDiffersIsNotTheSame) {
  EXPECT_FALSE(same_request(R"({"a":1})", R"({"a":2})"));
  EXPECT_FALSE(same_request(R"({"a":1})", R"({"a":1,"b":null})"));
  EXPECT_FALSE(same_request(R"({"a":"1"})", R"({"a":1})"));
  EXPECT_FALSE(same_request("[1,2]", "[2,1]"));
  EXPECT_FALSE(same_request("[[1],2]", "[[1,2]]"));
  EXPECT_FALSE(same_request(R"(["a,b"])", R"(["a","b"])"));
  EXPECT_FALSE(same_request(R"({"a":"x\"},{\"b"})", R"({"a":"x"})"));
}

TEST(SameRequestTest, WhatIsNoJsonIsTheSameOnlyAsItself) {
  EXPECT_TRUE(same_request("{", "{"));
  EXPECT_FALSE(same_request("{", " {"));
  EXPECT_TRUE(same_request("", ""));
  EXPECT_FALSE(same_request("", " "));
  const std::string deep = std::string(100, '[') + std::string(100, ']');
  EXPECT_TRUE(same_request(deep, deep));
  EXPECT_FALSE(same_request(deep, deep + " "));
}

}  // namespace
}  // namespace holdfast::runs
