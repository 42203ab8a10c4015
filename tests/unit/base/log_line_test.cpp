#include <gtest/gtest.h>

#include "base/json.hpp"
#include "base/log.hpp"

namespace holdfast::log {
namespace {

std::string line(Format format, std::initializer_list<Field> fields) {
  return format_line(format, "workers.output", std::span(fields.begin(), fields.size()));
}

TEST(LogLineTest, TextQuotesWhatWouldNotReadBack) {
  EXPECT_EQ(line(Format::text, {{"pid", 7}, {"line", "a \"b\"\n\x1b"}, {"empty", ""}}),
            R"(workers.output pid=7 line="a \"b\"\n\x1b" empty="")");
}

TEST(LogLineTest, JsonKeepsNumbersAndEscapesTheRest) {
  const auto text =
      "{" +
      line(Format::json,
           {{"pid", 7}, {"share", -0.5}, {"line", "a \"b\"\n\x1b caf\xe9 \xc5\xbe"}, {"on", true}, {"digits", "42"}}) +
      "}";
  const auto object = parse_json_object(text);
  ASSERT_TRUE(object) << text;
  EXPECT_EQ(object->at("event"), "workers.output");
  EXPECT_EQ(object->at("pid"), 7);
  EXPECT_EQ(object->at("share"), -0.5);
  EXPECT_EQ(object->at("line"), "a \"b\"\n\x1b caf\\xe9 \xc5\xbe");
  EXPECT_EQ(object->at("on"), "true");
  EXPECT_EQ(object->at("digits"), "42");
}

TEST(LogLineTest, WhatJsonHasNoNumberForIsText) {
  const auto text = "{" +
                    line(Format::json, {{"nan", std::numeric_limits<double>::quiet_NaN()},
                                        {"inf", -std::numeric_limits<double>::infinity()}}) +
                    "}";
  ASSERT_TRUE(parse_json_object(text)) << text;
}

}  // namespace
}  // namespace holdfast::log
