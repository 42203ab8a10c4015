// The half hour of samples that a newly opened console is shown.
#include "gateway/operations/samples.hpp"

#include <gtest/gtest.h>

#include "tests/unit/gateway/metrics_world.hpp"

namespace holdfast::gateway {
namespace {

TEST(SamplesTest, AReadingThatFailedIsNullAndNotZero) {
  memory::MemoryView view;
  SampleRing ring;
  ring.push(make_sample(5, view, {}));
  EXPECT_EQ(ring.json_since(0), "[[5,null,null,null,null,0,0,0]]");
}

TEST(SamplesTest, ASampleHasWhatTheTreeHolds) {
  runs::CoordinatorStatus runs;
  runs.running = 2;
  runs.queued = 7;
  SampleRing ring;
  ring.push(make_sample(5, full_view(), runs));
  EXPECT_EQ(ring.json_since(0), "[[5,420000000,536870912,10000000,50000000,2,7,2]]");
}

TEST(SamplesTest, TheRingKeepsTheLatestAndForgetsTheOldest) {
  SampleRing ring;
  for (std::size_t i = 0; i < kMostSamples + 10; ++i) {
    Sample sample;
    sample.at = static_cast<UnixMillis>(i);
    ring.push(sample);
  }
  EXPECT_EQ(ring.end(), kMostSamples + 10);
  EXPECT_TRUE(ring.json_since(0).starts_with("[[10,"));
  EXPECT_EQ(ring.json_since(kMostSamples + 9), "[[1809,null,null,null,null,0,0,0]]");
  EXPECT_EQ(ring.json_since(ring.end()), "[]");
}

}  // namespace
}  // namespace holdfast::gateway
