#include "gateway/guaranteed/guaranteed_route.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/target.hpp"

namespace holdfast::gateway {
namespace {

bool fits(std::string_view route, std::string_view method, std::string_view path) {
  const std::vector routes{parse_guaranteed_route(route).value()};
  return find_guaranteed_route(routes, method, parse_target(path).value().segments) != nullptr;
}

TEST(GuaranteedRouteTest, AStarIsOneSegmentAndTwoAtTheEndAreTheRest) {
  EXPECT_TRUE(fits("POST /a", "POST", "/a"));
  EXPECT_FALSE(fits("POST /a", "PUT", "/a"));
  EXPECT_FALSE(fits("POST /a", "POST", "/a/b"));
  EXPECT_TRUE(fits("POST /a/*/c", "POST", "/a/x%2Fy/c"));
  EXPECT_FALSE(fits("POST /a/*/c", "POST", "/a/c"));
  EXPECT_TRUE(fits("POST /a/**", "POST", "/a/b/c"));
  EXPECT_FALSE(fits("POST /a/**", "POST", "/a"));
  EXPECT_TRUE(fits("POST /", "POST", "/"));
  EXPECT_TRUE(fits("POST /a%20b", "POST", "/a%20b")) << "segments are compared decoded";
  EXPECT_TRUE(fits("POST /a%2Db", "POST", "/a-b"));
}

TEST(GuaranteedRouteTest, TheFirstThatFitsDecides) {
  const std::vector routes{parse_guaranteed_route("POST /a retry=requeue").value(),
                           parse_guaranteed_route("POST /**").value()};
  EXPECT_EQ(find_guaranteed_route(routes, "POST", {"a"})->retry, runs::Retry::requeue);
  EXPECT_EQ(find_guaranteed_route(routes, "POST", {"b"})->retry, runs::Retry::fail);
}

TEST(GuaranteedRouteTest, WhatCannotBeMeantIsRefusedWithAnExample) {
  for (const auto* text : {"", "POST", "/a", "HEAD /a", "post /a", "POST a", "POST /a?b", "POST /a/../b", "POST /a//b",
                           "POST /**/a", "POST /a retry=always", "POST /a requeue", "POST /a retry=fail x"}) {
    const auto route = parse_guaranteed_route(text);
    ASSERT_FALSE(route) << text;
    EXPECT_THAT(route.error().message(), testing::HasSubstr("POST /reports/*"));
  }
  EXPECT_FALSE(parse_guaranteed_route("POST /" + std::string(kLongestGuaranteedRoute, 'a')));
}

}  // namespace
}  // namespace holdfast::gateway
