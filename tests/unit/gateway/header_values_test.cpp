#include "gateway/header_values.hpp"

#include <gtest/gtest.h>

namespace holdfast::gateway {
namespace {

using std::chrono::seconds;

TEST(PreferTest, KnownPreferencesAreReadAndOthersIgnored) {
  EXPECT_TRUE(parse_prefer("respond-async").respond_async);
  EXPECT_TRUE(parse_prefer("Respond-Async; foo=bar").respond_async);
  EXPECT_EQ(parse_prefer("wait=25").wait, seconds(25));
  EXPECT_EQ(parse_prefer("wait = \"7\"").wait, seconds(7));
  const auto both = parse_prefer("handling=lenient, respond-async, wait=10; x=\"a,b\"");
  EXPECT_TRUE(both.respond_async);
  EXPECT_EQ(both.wait, seconds(10));
}

TEST(CacheControlTest, OnlyTheDirectiveNoCacheCounts) {
  EXPECT_TRUE(wants_no_cache("no-cache"));
  EXPECT_TRUE(wants_no_cache("max-age=0, No-Cache"));
  for (const auto* value : {"", "no-store", "max-age=0", "x=\"no-cache\"", "x=\", no-cache\""}) {
    EXPECT_FALSE(wants_no_cache(value)) << value;
  }
}

TEST(PreferTest, TheFirstOfSeveralWaitsCounts) { EXPECT_EQ(parse_prefer("wait=3, wait=20").wait, seconds(3)); }

TEST(PreferTest, MalformedWaitsAreIgnored) {
  for (const auto* text : {"wait", "wait=", "wait=-1", "wait=1.5", "wait=abc", "wait=\"", "", ",,,", "\"wait=5\"",
                           "wait=99999999999999999999999"}) {
    EXPECT_FALSE(parse_prefer(text).wait) << text;
  }
  EXPECT_EQ(parse_prefer("wait=4294967296000").wait, seconds(1'000'000));
}

TEST(IdempotencyKeyTest, BareAndQuotedFormsMeanTheSame) {
  EXPECT_EQ(parse_idempotency_key("abc").value(), "abc");
  EXPECT_EQ(parse_idempotency_key(" \"abc\" ").value(), "abc");
  for (const auto& text : {std::string(), std::string(" "), std::string("\"\""), std::string("\""),
                           std::string("\"abc"), std::string(256, 'x')}) {
    EXPECT_FALSE(parse_idempotency_key(text)) << text;
  }
}

TEST(EtagTest, ListsStarsAndWeakTagsMatch) {
  EXPECT_TRUE(matches_etag("\"3\"", "\"3\""));
  EXPECT_TRUE(matches_etag("\"1\", W/\"3\"", "\"3\""));
  EXPECT_TRUE(matches_etag("\"3\"", "W/\"3\""));
  EXPECT_TRUE(matches_etag("*", "\"3\""));
  EXPECT_FALSE(matches_etag("", "\"3\""));
  EXPECT_FALSE(matches_etag("\"31\"", "\"3\""));
  EXPECT_FALSE(matches_etag("3", "\"3\""));
}

TEST(AcceptTest, OnlyANamedTypeWithAQualityCounts) {
  EXPECT_TRUE(accepts_by_name("text/event-stream", "text/event-stream"));
  EXPECT_TRUE(accepts_by_name("application/json, Text/Event-Stream;q=0.9", "text/event-stream"));
  EXPECT_FALSE(accepts_by_name("*/*", "text/event-stream"));
  EXPECT_FALSE(accepts_by_name("text/event-stream;q=0", "text/event-stream"));
  EXPECT_FALSE(accepts_by_name("text/event-stream;q=0.000", "text/event-stream"));
  EXPECT_FALSE(accepts_by_name("", "text/event-stream"));
}

TEST(AcceptEncodingTest, GzipIsUsedOnlyWhenAllowed) {
  EXPECT_TRUE(accepts_encoding("br, gzip", "gzip"));
  EXPECT_TRUE(accepts_encoding("*", "gzip"));
  EXPECT_FALSE(accepts_encoding("gzip;q=0, *", "gzip"));
  EXPECT_FALSE(accepts_encoding("identity", "gzip"));
}

TEST(CursorTest, OnlyWholeNumbersAreCursors) {
  EXPECT_EQ(parse_cursor("0").value(), 0);
  EXPECT_EQ(parse_cursor("42").value(), 42);
  for (const auto* text : {"", "-1", "+1", "1.0", "0x1", "one", "9007199254740993", "99999999999999999999"}) {
    EXPECT_FALSE(parse_cursor(text)) << text;
  }
}

TEST(TraceparentTest, OnlyWellFormedContextsAreHandedOn) {
  const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  EXPECT_EQ(valid_traceparent(good), good);
  for (const auto* text : {"", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
                           "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                           "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                           "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                           "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}) {
    EXPECT_EQ(valid_traceparent(text), "") << text;
  }
}

TEST(RequestIdTest, ASaneOneIsKeptAndAnythingElseReplaced) {
  EXPECT_EQ(request_id_for("abc-123"), "abc-123");
  EXPECT_EQ(request_id_for(std::string(64, 'x')), std::string(64, 'x'));
  for (const auto& sent : {std::string(), std::string("a b"), std::string("\xc3\xa9"), std::string(65, 'x')}) {
    const auto made = request_id_for(sent);
    EXPECT_EQ(made.size(), 16U);
    EXPECT_NE(made, sent);
  }
  EXPECT_NE(request_id_for(std::nullopt), request_id_for(std::nullopt));
}

}  // namespace
}  // namespace holdfast::gateway
