#include "memory/growth.hpp"

#include <gtest/gtest.h>

#include "memory/slopes.hpp"

namespace holdfast::memory {
namespace {

constexpr Bytes megabytes(std::uint64_t count) { return Bytes(count * 1024 * 1024); }

TEST(GrowthTest, ARunIsChargedForTheDifferenceOfItsFloors) {
  EXPECT_EQ(run_growth(megabytes(100), megabytes(409)), 309 * 1024 * 1024);
  EXPECT_EQ(run_growth(megabytes(100), megabytes(90)), -10 * 1024 * 1024);
}

TEST(GrowthTest, Over50MegabytesIsSuspicious) {
  EXPECT_FALSE(is_suspicious(run_growth(megabytes(100), megabytes(150))));
  EXPECT_TRUE(is_suspicious(run_growth(megabytes(100), megabytes(150)) + 1));
  EXPECT_FALSE(is_suspicious(run_growth(megabytes(409), megabytes(100))));
  EXPECT_EQ(suspicious_growth_line("analyze", megabytes(1), megabytes(61)),
            "SUSPICIOUS MEMORY GROWTH route=analyze growth_bytes=62914560 floor_before_bytes=1048576 "
            "floor_after_bytes=63963136");
}

TEST(SlopePoolTest, TheMedianSlopeAndItsInterval) {
  SlopePool pool;
  pool.count_series(9);
  // y = 2 x with one wild point: most of the 36 slopes are 2.
  for (int i = 0; i < 9; ++i) {
    for (int j = i + 1; j < 9; ++j) pool.add((2.0 * j + (j == 4 ? 1000 : 0) - 2.0 * i - (i == 4 ? 1000 : 0)) / (j - i));
  }
  EXPECT_DOUBLE_EQ(pool.median(), 2);
  const auto interval = pool.interval(1.96);
  ASSERT_TRUE(interval);
  EXPECT_LE(interval->low, 2);
  EXPECT_GE(interval->high, 2);
}

TEST(SlopePoolTest, TooFewPointsHaveNoInterval) {
  SlopePool pool;
  EXPECT_FALSE(pool.interval(1.96));
  pool.count_series(3);
  for (int i = 0; i < 3; ++i) pool.add(1);
  EXPECT_FALSE(pool.interval(3.3));
}

TEST(SlopePoolTest, SeriesOfTwoPointsAreTheSignTest) {
  SlopePool pool;
  for (int i = 0; i < 10; ++i) {
    pool.count_series(2);
    pool.add(i);
  }
  EXPECT_FALSE(pool.interval(3.3));
  pool.count_series(2);
  pool.add(10);
  EXPECT_DOUBLE_EQ(pool.interval(3.3)->low, 0);
  EXPECT_DOUBLE_EQ(pool.interval(1.96)->low, 2);
  EXPECT_DOUBLE_EQ(pool.interval(1.96)->high, 8);
}

}  // namespace
}  // namespace holdfast::memory
