#include "memory/trend.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <string>

namespace holdfast::memory {
namespace {

using namespace std::chrono_literals;

constexpr double kMegabyte = 1024.0 * 1024;
constexpr int kRuns = 300;
constexpr unsigned kSeeds = 60;

/// What a worker holds beyond its first floor after `run` runs, in MB.
using Shape = double (*)(int run);

double flat(int) { return 0; }
double saw_tooth(int run) { return run % 20 * 0.5; }
double warm_up(int run) { return 20 * (1 - std::exp(-run / 10.0)); }
double first_run_loads(int run) { return run > 0 ? 30 : 0; }
double one_step(int run) { return run >= 100 ? 20 : 0; }
double slow_leak(int run) { return 0.1 * run; }  // 100 KB a run.

struct Outcome {
  unsigned alarmed = 0;  ///< Traces that were called a leak at any time.
  int latest = 0;        ///< The latest first alarm, in runs.
  Trend last;
};

Bytes noisy(double megabytes, std::mt19937& random, double sigma = kMegabyte) {
  std::normal_distribution<double> noise(0, sigma);
  return Bytes(static_cast<std::uint64_t>((100 + megabytes) * kMegabyte + noise(random)));
}

/// One worker, 300 runs, noise of 1 MB; asked every ten runs.
Outcome watch(const char* name, Shape shape) {
  Outcome outcome;
  for (unsigned seed = 0; seed < kSeeds; ++seed) {
    std::mt19937 random(seed);
    RouteTrend route;
    int alarm = 0;
    for (int run = 0; run <= kRuns; ++run) {
      route.add(1, static_cast<std::uint64_t>(run), noisy(shape(run), random));
      if (run % 10 != 0) continue;
      outcome.last = route.evaluate();
      if (outcome.last.verdict == GrowthVerdict::leak && alarm == 0) alarm = run;
    }
    outcome.alarmed += alarm > 0 ? 1 : 0;
    outcome.latest = std::max(outcome.latest, alarm);
  }
  std::printf("%-16s called a leak in %2u of %u traces, at run %3d at the latest; at last %s\n", name, outcome.alarmed,
              kSeeds, outcome.latest, std::string(to_string(outcome.last.verdict)).c_str());
  return outcome;
}

TEST(TrendTest, ASlowLeakIsFoundWithin300RunsAndNothingElseIsCalledOne) {
  const auto leak = watch("slow leak", slow_leak);
  EXPECT_EQ(leak.alarmed, kSeeds);
  EXPECT_LE(*leak.last.low, 0.1 * kMegabyte);
  EXPECT_GE(*leak.last.high, 0.1 * kMegabyte);

  // 300 innocent traces: under 1 % is two at most.
  const auto still = watch("flat", flat);
  const auto tooth = watch("saw-tooth", saw_tooth);
  const auto warm = watch("warm-up", warm_up);
  const auto loads = watch("first run loads", first_run_loads);
  const auto step = watch("one step", one_step);
  EXPECT_LE(still.alarmed + tooth.alarmed + warm.alarmed + loads.alarmed + step.alarmed, 2U);
  EXPECT_EQ(still.last.verdict, GrowthVerdict::load);
  EXPECT_EQ(tooth.last.verdict, GrowthVerdict::load);
  EXPECT_EQ(warm.last.verdict, GrowthVerdict::retention);
  EXPECT_EQ(loads.last.verdict, GrowthVerdict::retention);
  EXPECT_EQ(step.last.verdict, GrowthVerdict::retention);
}

/// What is kept follows the load, in waves of 20 to 80 runs.
Outcome watch_swings(double leak_megabytes) {
  constexpr unsigned kTraces = 200;
  Outcome outcome;
  for (unsigned seed = 0; seed < kTraces; ++seed) {
    std::mt19937 random(seed);
    const auto uniform = [&random] { return std::uniform_real_distribution<double>(0, 1)(random); };
    RouteTrend route;
    double wave = 0;
    double target = 0;
    int left = 0;
    int alarm = 0;
    for (int run = 0; run <= kRuns; ++run) {
      if (left-- == 0) {
        target = 15 * uniform();
        left = 20 + static_cast<int>(60 * uniform());
      }
      wave += (target - wave) * 0.1;
      route.add(1, static_cast<std::uint64_t>(run), noisy(wave + leak_megabytes * run, random, 0.1 * kMegabyte));
      if (run % 10 == 0 && alarm == 0 && route.evaluate().verdict == GrowthVerdict::leak) alarm = run;
    }
    outcome.alarmed += alarm > 0 ? 1 : 0;
    outcome.latest = std::max(outcome.latest, alarm);
  }
  std::printf("load that swings, leak of %.1f MB a run: called a leak in %u of %u traces, at run %d at the latest\n",
              leak_megabytes, outcome.alarmed, kTraces, outcome.latest);
  return outcome;
}

// Without regard for the likeness of neighbours 81 of them were.
TEST(TrendTest, LoadThatSwingsIsSeldomCalledALeakAndHidesNone) {
  EXPECT_LE(watch_swings(0).alarmed, 25U);
  EXPECT_EQ(watch_swings(1).alarmed, 200U);
}

/// Workers that are recycled after one run each.
RouteTrend single_runs(unsigned lives, double megabytes) {
  RouteTrend route;
  std::mt19937 random(1);
  for (unsigned life = 0; life < lives; ++life) {
    route.add(life, 0, noisy(0, random));
    route.add(life, 1, noisy(megabytes, random));
  }
  return route;
}

TEST(TrendTest, WorkersRecycledAfterEachRunAreCountedByTheirOneGrowth) {
  const auto trend = single_runs(15, 309).evaluate();
  EXPECT_EQ(trend.verdict, GrowthVerdict::leak);
  EXPECT_NEAR(*trend.slope, 309 * kMegabyte, 3 * kMegabyte);
  EXPECT_EQ(trend.lives, 15U);
  EXPECT_EQ(single_runs(5, 309).evaluate().verdict, GrowthVerdict::unknown);
  // It may as well be what the first run of every process loads.
  EXPECT_EQ(single_runs(100, 30).evaluate().verdict, GrowthVerdict::unknown);
}

TEST(TrendTest, NoRecycleReadsAsAFallNorAsTheEndOfALeak) {
  RouteTrend route;
  std::mt19937 random(1);
  for (unsigned life = 0; life < 6; ++life) {
    for (unsigned run = 0; run <= 20; ++run) route.add(life, run, noisy(20.0 * run, random));
  }
  EXPECT_EQ(route.evaluate().verdict, GrowthVerdict::leak);
}

TEST(TrendTest, TooLittleIsUnknown) {
  RouteTrend route;
  EXPECT_EQ(route.evaluate().verdict, GrowthVerdict::unknown);
  EXPECT_EQ(route.evaluate().slope, std::nullopt);
  route.add(1, 0, Bytes(1));
  route.add(2, 0, Bytes(1));
  EXPECT_EQ(route.evaluate().verdict, GrowthVerdict::unknown);
  route.add(1, 0, Bytes(2));
  EXPECT_EQ(route.evaluate().slope, std::nullopt);
}

TEST(TrendTest, OnlyTheNewestFloorsAreKept) {
  RouteTrend route;
  for (std::size_t run = 0; run < 3 * kMostFloors; ++run) route.add(1, run, Bytes(1000));
  EXPECT_EQ(route.evaluate().runs, kMostFloors - 1);
}

TEST(TrendTest, TheLimitIsReachedWhenTheHeadroomIsUsedUp) {
  const Trend leak{.verdict = GrowthVerdict::leak, .slope = 1000.0};
  EXPECT_DOUBLE_EQ(runs_to_limit(leak, Bytes(50'000)).value(), 50);
  EXPECT_EQ(time_to_limit(leak, Bytes(50'000), 0.5), 100s);
  EXPECT_EQ(time_to_limit(leak, Bytes(50'000), 0), std::nullopt);
  EXPECT_EQ(runs_to_limit({.verdict = GrowthVerdict::load, .slope = 1000.0}, Bytes(1)), std::nullopt);
}

}  // namespace
}  // namespace holdfast::memory
