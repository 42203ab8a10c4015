#include "memory/pressure.hpp"

#include <gtest/gtest.h>

namespace holdfast::memory {
namespace {

constexpr std::uint64_t kMegabyte = 1024 * 1024;

class PressureTest : public ::testing::Test {
 protected:
  bool use(std::uint64_t megabytes) { return update(gauge_, Bytes(megabytes * kMegabyte)); }

  PressureGauge gauge_{Pressure::calm, Bytes(), Bytes(512 * kMegabyte)};
};

TEST_F(PressureTest, Below450Of512MegabytesNothingIsSaid) {
  EXPECT_FALSE(use(449));
  EXPECT_EQ(gauge_.pressure, Pressure::calm);
}

TEST_F(PressureTest, At450ItIsHighAndAt480AnEmergency) {
  EXPECT_TRUE(use(450));
  EXPECT_EQ(gauge_.pressure, Pressure::high);
  EXPECT_FALSE(use(479));
  EXPECT_TRUE(use(480));
  EXPECT_EQ(gauge_.pressure, Pressure::emergency);
  EXPECT_EQ(gauge_.used, Bytes(480 * kMegabyte));
}

TEST_F(PressureTest, AJumpToTheLimitIsAnEmergencyAtOnce) {
  EXPECT_TRUE(use(700));
  EXPECT_EQ(gauge_.pressure, Pressure::emergency);
}

TEST_F(PressureTest, AUseThatSwingsAroundAShareIsSaidOnce) {
  EXPECT_TRUE(use(481));
  EXPECT_FALSE(use(478));
  EXPECT_FALSE(use(482));
  EXPECT_TRUE(use(450));
  EXPECT_EQ(gauge_.pressure, Pressure::high);
  EXPECT_FALSE(use(430));
  EXPECT_TRUE(use(420));
  EXPECT_EQ(gauge_.pressure, Pressure::calm);
}

TEST_F(PressureTest, AFailedReadingIsNotAReadingOfZero) {
  use(490);
  EXPECT_FALSE(update(gauge_, std::nullopt));
  EXPECT_EQ(gauge_.pressure, Pressure::emergency);
  EXPECT_EQ(gauge_.used, Bytes(490 * kMegabyte));
}

TEST_F(PressureTest, TheSharesHoldForAnyLimit) {
  gauge_.limit = Bytes(1000);
  EXPECT_FALSE(update(gauge_, Bytes(878)));
  EXPECT_TRUE(update(gauge_, Bytes(879)));
  EXPECT_TRUE(update(gauge_, Bytes(938)));
  EXPECT_EQ(to_string(gauge_.pressure), "emergency");
}

}  // namespace
}  // namespace holdfast::memory
