// JSON as text: how values are written, and how text is taken apart.
#include "base/json.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "base/json_members.hpp"

namespace holdfast {
namespace {

TEST(JsonTextTest, NumbersAreWrittenAsPeopleWriteThem) {
  json::object value{{"a", 80.24}, {"b", 3.0}, {"c", -0.1}, {"d", 7}, {"e", {1.5, nullptr, true, "x\n\"y"}}};
  EXPECT_EQ(json_text(value), R"({"a":80.24,"b":3,"c":-0.1,"d":7,"e":[1.5,null,true,"x\n\"y"]})");
  EXPECT_EQ(json_text(json::object{}), "{}");
  EXPECT_EQ(json_text(json::array{}), "[]");
}

TEST(JsonTextTest, EveryDoubleReadsBackAsItself) {
  for (const double number : {0.1, 1e300, 5e-324, 1234567890.125, 1e21, 123456789012345680.0}) {
    const auto back = parse_json(json_text(number));
    ASSERT_TRUE(back) << json_text(number);
    EXPECT_EQ(back->to_number<double>(), number) << json_text(number);
  }
  EXPECT_EQ(json_text(std::numeric_limits<double>::infinity()), "null");
}

TEST(JsonMembersTest, ItemsAreSplitAsTheyStand) {
  EXPECT_EQ(split_items(R"( [1.0 , "a,]" ,[2, 3], {"b":[4]}] )"),
            (std::vector<std::string_view>{"1.0", "\"a,]\"", "[2, 3]", R"({"b":[4]})"}));
  EXPECT_TRUE(split_items("[ ]").empty());
  EXPECT_TRUE(split_items("{}").empty());
}

}  // namespace
}  // namespace holdfast
