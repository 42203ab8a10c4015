#include "gateway/request_parser.hpp"

#include <gtest/gtest.h>

#include "gateway/response_text.hpp"
#include "gateway/route.hpp"

namespace holdfast::gateway {
namespace {

const std::string kRequest =
    "POST /analyze?a=b HTTP/1.1\r\nHost: localhost:8000\r\nX-Request-Id: r1\r\nContent-Length: 5\r\n\r\nhello";
const std::string kChunked =
    "POST /analyze HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nHost: "
    "evil\r\n"
    "\r\n";

// Feeds `bytes` in pieces of `size`, keeping what is not taken, as a connection does.
RequestParser parse_in_pieces(std::string_view bytes, std::size_t size, std::string* left = nullptr) {
  RequestParser parser(ParserLimits{});
  std::string pending;
  while (true) {
    bool moved = true;
    while (moved && !parser.refusal() && parser.state() != ParseState::complete) {
      const auto used = parser.feed(pending);
      moved = used > 0;
      pending.erase(0, used);
    }
    if (bytes.empty() || parser.refusal() || parser.state() == ParseState::complete) break;
    pending += bytes.substr(0, size);
    bytes.remove_prefix(std::min(size, bytes.size()));
  }
  if (left != nullptr) *left = pending + std::string(bytes);
  return parser;
}

TEST(RequestParserTest, ARequestIsTheSameHoweverItsBytesArrive) {
  for (const auto& text : {kRequest, kChunked}) {
    for (std::size_t size = 1; size <= text.size(); ++size) {
      auto parser = parse_in_pieces(text, size);
      ASSERT_FALSE(parser.refusal()) << parser.refusal()->detail;
      ASSERT_EQ(parser.state(), ParseState::complete) << size;
      EXPECT_EQ(parser.request().method, "POST");
      EXPECT_EQ(parser.request().body, "hello");
      EXPECT_TRUE(parser.request().has_body);
      EXPECT_TRUE(parser.keep_alive());
      EXPECT_EQ(parser.request().headers.count("Host"), 1U) << "trailers are dropped";
    }
  }
}

TEST(RequestParserTest, WhatFollowsARequestIsLeftForTheNext) {
  std::string left;
  parse_in_pieces(kRequest + "GET / HTTP/1.1\r\n", 1000, &left);
  EXPECT_EQ(left, "GET / HTTP/1.1\r\n");
}

TEST(RequestParserTest, EmptyLinesBeforeARequestAreSkipped) {
  for (std::size_t size : {1U, 2U, 3U, 1000U}) {
    EXPECT_EQ(parse_in_pieces("\r\n\r\n" + kRequest, size).state(), ParseState::complete);
  }
}

TEST(RequestParserTest, AnExpectationIsToldOnlyWhenABodyIsAwaited) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: ";
  EXPECT_TRUE(parse_in_pieces(head + "5\r\n\r\n", 1000).expects_continue());
  EXPECT_FALSE(parse_in_pieces(head + "0\r\n\r\n", 1000).expects_continue());
}

TEST(HeadTextTest, ValuesCannotBreakOutOfTheirLine) {
  HeadFacts facts;
  facts.request_id = "r1";
  Headers headers;
  headers.add("Location", "/x\r\nSet-Cookie: a=b");
  const auto text = head_text(facts, headers);
  EXPECT_EQ(text.find("Set-Cookie"), std::string::npos);
  EXPECT_TRUE(text.ends_with("Location: /x\r\n\r\n"));
}

TEST(HeadTextTest, AShortHeadHasWhatAClientCannotDoWithout) {
  HeadFacts facts;
  facts.status = 503;
  facts.content_type = "application/json";
  facts.content_length = 7;
  facts.after = AfterResponse::close;
  facts.request_id = "r1";
  std::array<char, 512> room{};
  FixedText text(room);
  write_short_head(text, facts, "the-run", 2);
  EXPECT_TRUE(text.fits());
  EXPECT_TRUE(text.text().starts_with("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"));
  for (const auto* line : {"\r\nContent-Length: 7\r\n", "\r\nConnection: close\r\n", "\r\nX-Request-Id: r1\r\n",
                           "\r\nHoldfast-Run-Id: the-run\r\n", "\r\nRetry-After: 2\r\n"}) {
    EXPECT_NE(text.text().find(line), std::string_view::npos) << line;
  }
  EXPECT_TRUE(text.text().ends_with("\r\n\r\n"));
}

TEST(ChunkTest, TheSizeIsHexadecimal) {
  std::array<char, 24> room{};
  FixedText text(room);
  write_chunk_size(text, 26);
  EXPECT_EQ(text.text(), "1a\r\n");
}

awaitable<void> nothing(Call) { co_return; }

constexpr std::array kRoutes{
    Route{"GET", "/a/{id}", BodyRule::ignored, nothing},
    Route{"POST", "/a/{id}", BodyRule::required, nothing},
    Route{"POST", "/a/{id}/b", BodyRule::ignored, nothing},
    Route{"GET", "/", BodyRule::ignored, nothing},
};

TEST(RouteTest, APathAndMethodFindTheirRoute) {
  EXPECT_EQ(match_route(kRoutes, "GET", {"a", "7"}).route, &kRoutes[0]);
  EXPECT_EQ(match_route(kRoutes, "HEAD", {"a", "7"}).route, &kRoutes[0]);
  EXPECT_EQ(match_route(kRoutes, "POST", {"a", "7"}).parameters, (std::vector<std::string>{"7"}));
  EXPECT_EQ(match_route(kRoutes, "POST", {"a", "7", "b"}).route, &kRoutes[2]);
  EXPECT_EQ(match_route(kRoutes, "GET", {}).route, &kRoutes[3]);
}

TEST(RouteTest, WhatIsNotThereSaysWhatIsAllowed) {
  const auto wrong_method = match_route(kRoutes, "PUT", {"a", "7"});
  EXPECT_EQ(wrong_method.route, nullptr);
  EXPECT_EQ(wrong_method.allow, "GET, HEAD, POST");
  for (const std::vector<std::string>& path : {std::vector<std::string>{"a"}, {"a", "7", "c"}, {"a", "7", "b", "c"}}) {
    const auto match = match_route(kRoutes, "GET", path);
    EXPECT_EQ(match.route, nullptr);
    EXPECT_EQ(match.allow, "");
  }
}

}  // namespace
}  // namespace holdfast::gateway
