#include "app/pressure_watch.hpp"

#include <gtest/gtest.h>

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;
using memory::Pressure;

class PressureWatchTest : public ::testing::Test {
 protected:
  Result<Bytes> read() {
    if (!used_) return fail(ErrorCode::unavailable, "no reading");
    return Bytes(*used_);
  }

  std::optional<std::uint64_t> used_ = 0;
  int dropped_ = 0;
  PressureWatch watch_{system_clock(), Bytes(1000), [this] { return read(); }, [this] { ++dropped_; }};
};

TEST_F(PressureWatchTest, BelowTheEmergencyNothingIsDropped) {
  used_ = 900;
  watch_.look(SteadyTime(1s));
  EXPECT_EQ(watch_.gauge().pressure, Pressure::high);
  EXPECT_EQ(dropped_, 0);
}

TEST_F(PressureWatchTest, AnEmergencyDropsCachesAtOnceAndThenNowAndThen) {
  used_ = 950;
  watch_.look(SteadyTime(1s));
  EXPECT_EQ(watch_.gauge().pressure, Pressure::emergency);
  EXPECT_EQ(dropped_, 1);
  watch_.look(SteadyTime(2s));
  EXPECT_EQ(dropped_, 1) << "what was given back is not there again after a second";
  watch_.look(SteadyTime(11s));
  EXPECT_EQ(dropped_, 2);
}

TEST_F(PressureWatchTest, WithoutAReadingAnEmergencyGoesOn) {
  used_ = 950;
  watch_.look(SteadyTime(1s));
  used_ = std::nullopt;
  watch_.look(SteadyTime(12s));
  EXPECT_EQ(watch_.gauge().pressure, Pressure::emergency);
  EXPECT_EQ(watch_.gauge().used, Bytes(950));
}

TEST_F(PressureWatchTest, ThisVeryProcessCanBeRead) { EXPECT_TRUE(read_own_tree()); }

}  // namespace
}  // namespace holdfast::app
