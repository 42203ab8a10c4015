#include "memory/fragmentation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "memory/own_bands.hpp"

namespace holdfast::memory {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr Bytes megabytes(std::uint64_t count) { return Bytes(count * 1024 * 1024); }

TEST(BandsTest, WhatIsResidentIsSharedOutAmongTheFour) {
  const auto bands = make_bands(megabytes(100), {megabytes(30), megabytes(40), megabytes(20)});
  EXPECT_EQ(bands.outside, megabytes(10));
  EXPECT_DOUBLE_EQ(fragmentation(bands).value(), 0.7);
}

TEST(BandsTest, WhatNobodyToldIsUnknownAndNotZero) {
  const auto bands = make_bands(megabytes(100), {.live = megabytes(30)});
  EXPECT_EQ(bands.outside, std::nullopt);
  EXPECT_EQ(bands.runtime_held, std::nullopt);
  EXPECT_EQ(fragmentation(make_bands(megabytes(100), {})), std::nullopt);
  EXPECT_EQ(fragmentation(make_bands(Bytes(), {.live = Bytes()})), std::nullopt);
}

TEST(BandsTest, SumsThatDoNotAgreeNeverGoBelowZero) {
  const auto bands = make_bands(megabytes(10), {megabytes(30), megabytes(40), Bytes()});
  EXPECT_EQ(bands.outside, Bytes());
  EXPECT_DOUBLE_EQ(fragmentation(bands).value(), 0);
}

TEST(BandsTest, TheRatioOfTheOriginalIsVirtualByResident) {
  EXPECT_DOUBLE_EQ(fragmentation_ratio(megabytes(306), megabytes(300)).value(), 1.02);
  EXPECT_EQ(fragmentation_ratio(megabytes(1), Bytes()), std::nullopt);
}

int fake_jemalloc(const char* name, void* old_value, std::size_t* old_size, void* new_value, std::size_t) {
  const std::string_view key(name);
  if (key == "epoch") return new_value != nullptr ? 0 : EINVAL;
  const std::size_t value = key == "stats.allocated" ? 300 : key == "stats.resident" ? 1000 : 0;
  if (value == 0 || *old_size != sizeof value) return ENOENT;
  std::memcpy(old_value, &value, sizeof value);
  return 0;
}
int jemalloc_without_statistics(const char* name, void*, std::size_t*, void*, std::size_t) {
  return std::string_view(name) == "epoch" ? 0 : ENOENT;
}

TEST(OwnBandsTest, JemallocTellsWhatIsLiveAndWhatItHolds) {
  const auto report = read_allocator(fake_jemalloc).value();
  EXPECT_EQ(report.live, Bytes(300));
  EXPECT_EQ(report.allocator_held, Bytes(700));
  EXPECT_EQ(report.runtime_held, Bytes(0));
  EXPECT_EQ(read_allocator(jemalloc_without_statistics).error().code(), ErrorCode::unavailable);
  EXPECT_EQ(read_allocator(nullptr).error().code(), ErrorCode::not_found);
}

TEST(OwnBandsTest, OurOwnResidentMemoryIsAllOfIt) {
  const ProcessStatus own{.anonymous = megabytes(5), .file = megabytes(3), .shared = megabytes(1)};
  EXPECT_EQ(read_own_bands(own).value().resident, megabytes(9));
}

class FragmentationTest : public ::testing::Test {
 protected:
  static FragmentationReading reading(std::uint64_t resident, std::optional<std::uint64_t> live,
                                      std::uint64_t vm_size = 400) {
    BandReport report;
    if (live) report = {megabytes(*live), megabytes(resident - *live), Bytes()};
    return {make_bands(megabytes(resident), report), megabytes(vm_size)};
  }
  std::optional<FragmentationFinding> see(const FragmentationReading& reading) {
    return detector_.update(reading, now_);
  }

  FragmentationDetector detector_{FragmentationConfig{}};
  SteadyTime now_{1000s};
};

TEST_F(FragmentationTest, MuchHeldBeyondTheLiveBytesIsFoundThoughTheRatioIsLow) {
  see(reading(310, 300));
  const auto finding = see(reading(300, 30, 306));
  ASSERT_TRUE(finding);
  EXPECT_EQ(finding->cause, FragmentationCause::held);
  EXPECT_DOUBLE_EQ(finding->fragmentation.value(), 0.9);
  EXPECT_DOUBLE_EQ(finding->ratio.value(), 1.02);
  EXPECT_TRUE(detector_.is_fragmented());
}

TEST_F(FragmentationTest, ALargeShareOfLittleIsNotNewsNorASmallShareOfMuch) {
  EXPECT_FALSE(see(reading(40, 1)));
  EXPECT_FALSE(see(reading(1000, 900)));
  EXPECT_FALSE(detector_.is_fragmented());
}

TEST_F(FragmentationTest, WhatLiesOutsideIsNoFragment) {
  const FragmentationReading python{make_bands(megabytes(200), {megabytes(60), megabytes(20), megabytes(20)}), Bytes()};
  EXPECT_FALSE(see(python));
}

TEST_F(FragmentationTest, AnIdlePythonIsNotFragmentedUnlessTheRatioIsAskedToDecide) {
  const auto idle = reading(30, std::nullopt, 1080);
  EXPECT_FALSE(see(idle));
  detector_ = FragmentationDetector(FragmentationConfig{.vm_ratio_decides = true});
  EXPECT_EQ(see(idle)->cause, FragmentationCause::vm_ratio);
  EXPECT_FALSE(see(reading(30, std::nullopt, 60)));
}

TEST_F(FragmentationTest, GrowthOver100MegabytesIsFoundUnlessLiveBytesExplainIt) {
  see(reading(100, std::nullopt));
  EXPECT_FALSE(see(reading(200, std::nullopt)));
  const auto finding = see(reading(201, std::nullopt));
  EXPECT_EQ(finding->cause, FragmentationCause::growth);
  EXPECT_EQ(finding->growth, megabytes(101));
  EXPECT_EQ(finding->baseline, megabytes(100));
  detector_.set_baseline(reading(100, 90));
  now_ += 1h;
  EXPECT_FALSE(see(reading(500, 480)));
  EXPECT_EQ(detector_.growth(), megabytes(400));
}

TEST_F(FragmentationTest, ItIsToldOnceAMinuteAndTheRestIsCounted) {
  EXPECT_TRUE(see(reading(300, 30)));
  for (int i = 0; i < 59; ++i) {
    now_ += 1s;
    EXPECT_FALSE(see(reading(300, 30)));
    EXPECT_TRUE(detector_.is_fragmented());
  }
  now_ += 1s;
  EXPECT_EQ(see(reading(300, 30))->held_back, 59U);
}

TEST_F(FragmentationTest, TheLogLineHasTheNumbersAndSaysWhatIsUnknown) {
  see(reading(100, std::nullopt));
  EXPECT_THAT(to_log_line(*see(reading(300, std::nullopt, 600))),
              ::testing::StartsWith("FRAGMENTATION DETECTED cause=growth resident_bytes=314572800 vm_bytes=629145600 "
                                    "fragmentation_ratio=2.00 fragmentation=unknown live_bytes=unknown "));
  now_ += 1h;
  EXPECT_THAT(to_log_line(*see(reading(300, 30))),
              HasSubstr("fragmentation=0.90 live_bytes=31457280 allocator_held_bytes=283115520 runtime_held_bytes=0 "
                        "outside_bytes=0 baseline_bytes=104857600 growth_bytes=209715200 held_back=0"));
}

}  // namespace
}  // namespace holdfast::memory
