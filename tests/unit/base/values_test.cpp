// Sizes, durations and waits: what is read, what is refused, what is printed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/backoff.hpp"
#include "base/bytes.hpp"
#include "base/duration.hpp"

namespace holdfast {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

TEST(BytesTest, SizesWithAUnitAreRead) {
  const std::vector<std::pair<const char*, std::uint64_t>> table{
      {"512MB", 512ULL << 20}, {"64KiB", 64ULL << 10}, {"1.5GB", 3ULL << 29}, {"100B", 100}, {"0B", 0},
      {" 2 GiB ", 2ULL << 30}, {"0.5KB", 512},         {"1e3B", 1000},
  };
  for (const auto& [text, count] : table) {
    const auto size = parse_bytes(text);
    ASSERT_TRUE(size) << text;
    EXPECT_EQ(size->count(), count) << text;
  }
}

TEST(BytesTest, AnythingElseIsRefusedWithTheTextInTheMessage) {
  for (const char* text : {"", " ", "512", "MB", "-1MB", "+1MB", "512mb", "512 M", "1.2.3MB", "nanMB", "infMB",
                           "0x10MB", "9999999999GB", "1e400B", "512MB extra", "½MB"}) {
    const auto size = parse_bytes(text);
    ASSERT_FALSE(size) << text;
    EXPECT_EQ(size.error().code(), ErrorCode::invalid_argument);
    EXPECT_THAT(size.error().message(), HasSubstr("\"" + std::string(text) + "\""));
  }
}

TEST(BytesTest, ASizeIsPrintedInTheLargestExactUnit) {
  EXPECT_EQ(to_string(Bytes(512ULL << 20)), "512MB");
  EXPECT_EQ(to_string(Bytes(1536ULL << 10)), "1536KB");
  EXPECT_EQ(to_string(Bytes(7)), "7B");
  EXPECT_EQ(to_string(Bytes(0)), "0B");
  EXPECT_EQ(to_string(Bytes(2ULL << 30)), "2GB");
}

TEST(BytesTest, WhatIsPrintedReadsBack) {
  for (const std::uint64_t count : {0ULL, 1ULL, 1023ULL, 1024ULL, 1025ULL, 536870912ULL, 536870913ULL, 1ULL << 40}) {
    EXPECT_EQ(parse_bytes(to_string(Bytes(count))).value(), Bytes(count));
  }
}

TEST(DurationTest, DurationsWithAUnitAreRead) {
  const std::vector<std::pair<const char*, std::int64_t>> table{
      {"250ms", 250},  {"30s", 30'000}, {"5m", 300'000},    {"2h", 7'200'000},     {"1.5s", 1500},
      {" 1 s ", 1000}, {"0s", 0},       {"1d", 86'400'000}, {"30d", 2'592'000'000}};
  for (const auto& [text, count] : table) {
    const auto duration = parse_duration(text);
    ASSERT_TRUE(duration) << text;
    EXPECT_EQ(duration->count(), count) << text;
  }
}

TEST(DurationTest, AnythingElseIsRefusedWithTheTextInTheMessage) {
  for (const char* text : {"", "30", "s", "-1s", "30 sec", "1D", "9000h", "367d", "nans", "infs", "1h30m", "30S"}) {
    const auto duration = parse_duration(text);
    ASSERT_FALSE(duration) << text;
    EXPECT_EQ(duration.error().code(), ErrorCode::invalid_argument);
    EXPECT_THAT(duration.error().message(), HasSubstr("\"" + std::string(text) + "\""));
  }
}

TEST(DurationTest, WhatIsPrintedIsTheLargestExactUnitAndReadsBack) {
  EXPECT_EQ(to_string(milliseconds(90'000)), "90s");
  EXPECT_EQ(to_string(milliseconds(120'000)), "2m");
  EXPECT_EQ(to_string(milliseconds(250)), "250ms");
  EXPECT_EQ(to_string(milliseconds(0)), "0s");
  EXPECT_EQ(to_string(std::chrono::hours(48)), "2d");
  EXPECT_EQ(to_string(std::chrono::hours(25)), "25h");
  for (const int count : {0, 1, 999, 1000, 61'000, 3'600'000}) {
    EXPECT_EQ(parse_duration(to_string(milliseconds(count))).value(), milliseconds(count));
  }
}

TEST(BackoffTest, TheBoundDoublesUntilTheCap) {
  const BackoffConfig config{milliseconds(200), milliseconds(30'000)};
  EXPECT_EQ(backoff_bound(config, 1), milliseconds(200));
  EXPECT_EQ(backoff_bound(config, 2), milliseconds(400));
  EXPECT_EQ(backoff_bound(config, 8), milliseconds(25'600));
  EXPECT_EQ(backoff_bound(config, 9), milliseconds(30'000));
  EXPECT_EQ(backoff_bound(config, 4'000'000'000), milliseconds(30'000));
  EXPECT_EQ(backoff_bound(config, 0), milliseconds(200));
}

TEST(BackoffTest, TheWaitLiesBetweenNothingAndTheBound) {
  const BackoffConfig config;
  EXPECT_EQ(backoff_delay(config, 3, 0.0), milliseconds(0));
  EXPECT_EQ(backoff_delay(config, 3, 0.5), milliseconds(400));
  EXPECT_LT(backoff_delay(config, 3, 0.999'999), milliseconds(800));
  for (int i = 0; i < 1000; ++i) {
    const double uniform = random_uniform();
    EXPECT_GE(uniform, 0.0);
    EXPECT_LT(uniform, 1.0);
  }
}

}  // namespace
}  // namespace holdfast
