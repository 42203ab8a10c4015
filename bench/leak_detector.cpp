// How well memory::RouteTrend tells a leak from innocent traces: how many leaks it finds, after how many runs, and how
// often it cries wolf. Traces are made up, with fixed seeds: the same program prints the same table.
//
//   leak_detector [SEEDS]
//
// A trace is what an idle worker holds after each of 500 runs. The verdict is asked for after every tenth; a trace
// counts as called a leak from the first time on, whatever is said later.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "memory/trend.hpp"

namespace {

using namespace holdfast;
using namespace holdfast::memory;

constexpr double kKilobyte = 1024;
constexpr double kMegabyte = 1024 * kKilobyte;
constexpr double kStart = 100 * kMegabyte;
constexpr unsigned kRuns = 500;
constexpr unsigned kAskEvery = 10;

using Random = std::mt19937;

/// Bytes beyond the first floor after a run; made anew for each trace, since some remember.
using Shape = std::function<double(unsigned run, Random&)>;
using MakeShape = std::function<Shape()>;

double uniform(Random& random) { return std::uniform_real_distribution<double>(0, 1)(random); }

Shape flat() {
  return [](unsigned, Random&) { return 0.0; };
}

/// A cache or a collector that lets go after every twenty runs.
Shape saw_tooth() {
  return [](unsigned run, Random&) { return run % 20 * 0.5 * kMegabyte; };
}

/// What lazily loaded code and connections take: most of it within thirty runs.
Shape warm_up() {
  return [](unsigned run, Random&) { return 20 * kMegabyte * (1 - std::exp(-static_cast<double>(run) / 10)); };
}

Shape one_step() {
  return [](unsigned run, Random&) { return run >= 200 ? 20 * kMegabyte : 0.0; };
}

/// Load comes and goes, in waves of different length, and what is kept follows it.
Shape load_swings() {
  return [wave = 0.0, target = 0.0, left = 0U](unsigned, Random& random) mutable {
    if (left == 0) {
      target = uniform(random) * 15 * kMegabyte;
      left = 20 + static_cast<unsigned>(uniform(random) * 60);
    }
    --left;
    wave += (target - wave) * 0.1;
    return wave;
  };
}

/// A heap that fragments: it grows ever more slowly to 60 MB, in jumps of an arena, and gives one back now and then.
Shape fragmentation() {
  return [held = 0.0](unsigned, Random& random) mutable {
    constexpr double kPlateau = 60 * kMegabyte;
    if (uniform(random) < 0.15 * (1 - held / kPlateau)) held += 4 * kMegabyte;
    if (uniform(random) < 0.02 && held > 0) held -= 4 * kMegabyte;
    return held;
  };
}

struct Innocent {
  std::string name;
  MakeShape make;
};

const std::vector<Innocent>& innocents() {
  static const std::vector<Innocent> all{{"flat", flat},
                                         {"saw-tooth, 10 MB", saw_tooth},
                                         {"warm-up, 20 MB", warm_up},
                                         {"one step, 20 MB", one_step},
                                         {"load swings, 15 MB", load_swings},
                                         {"fragmentation, 60 MB", fragmentation}};
  return all;
}

struct Trace {
  MakeShape background;
  double leak = 0;            ///< Bytes a run.
  double noise = 0;           ///< Standard deviation of a floor, in bytes.
  unsigned life = kRuns + 1;  ///< Runs after which the worker is replaced.
};

struct Outcome {
  unsigned called_at = 0;  ///< Run of the first alarm; 0: none.
  GrowthVerdict last = GrowthVerdict::unknown;
};

Outcome follow(const Trace& trace, unsigned seed) {
  Random random(seed);
  std::normal_distribution<double> noise(0, 1);
  RouteTrend route;
  Outcome outcome;
  auto background = trace.background();
  for (unsigned run = 0; run <= kRuns; ++run) {
    const auto in_life = run % trace.life;
    if (in_life == 0) background = trace.background();
    const double size = kStart + background(in_life, random) + trace.leak * in_life + trace.noise * noise(random);
    route.add(run / trace.life, in_life, Bytes(static_cast<std::uint64_t>(std::max(size, 0.0))));
    if (run % kAskEvery != 0) continue;
    outcome.last = route.evaluate().verdict;
    if (outcome.last == GrowthVerdict::leak && outcome.called_at == 0) outcome.called_at = run;
  }
  return outcome;
}

struct Tally {
  unsigned traces = 0;
  std::vector<unsigned> called_at;
  std::array<unsigned, 4> last{};

  void add(const Outcome& outcome) {
    ++traces;
    ++last.at(static_cast<std::size_t>(outcome.last));
    if (outcome.called_at != 0) called_at.push_back(outcome.called_at);
  }
  void add(const Tally& other) {
    traces += other.traces;
    called_at.insert(called_at.end(), other.called_at.begin(), other.called_at.end());
    for (std::size_t i = 0; i < last.size(); ++i) last.at(i) += other.last.at(i);
  }
  [[nodiscard]] double called() const { return 100.0 * static_cast<double>(called_at.size()) / std::max(traces, 1U); }
};

std::string quantile(std::vector<unsigned> runs, double share) {
  if (runs.empty()) return "-";
  std::ranges::sort(runs);
  return std::to_string(runs.at(static_cast<std::size_t>(share * static_cast<double>(runs.size() - 1))));
}

Tally tally(const Trace& trace, unsigned seeds) {
  Tally counted;
  for (unsigned seed = 1; seed <= seeds; ++seed) counted.add(follow(trace, seed));
  return counted;
}

constexpr std::array kNoise{0.1, 1.0, 4.0};                                      // MB.
constexpr std::array kLeaks{20.0, 50.0, 100.0, 300.0, 1024.0, 3072.0, 10240.0};  // KB a run.

Tally print_leaks(unsigned seeds) {
  Tally all;
  fmt::print("| leak a run | noise | found | runs to the verdict: median, 90 % |\n|---:|---:|---:|---:|\n");
  for (const double leak : kLeaks) {
    for (const double noise : kNoise) {
      Tally cell;
      for (const auto& background : innocents()) {
        cell.add(tally({background.make, leak * kKilobyte, noise * kMegabyte}, seeds));
      }
      fmt::print("| {} KB | {} MB | {:.1f} % | {}, {} |\n", leak, noise, cell.called(), quantile(cell.called_at, 0.5),
                 quantile(cell.called_at, 0.9));
      all.add(cell);
    }
  }
  return all;
}

Tally print_backgrounds(unsigned seeds) {
  Tally all;
  fmt::print(
      "\n| trace without a leak | traces | called a leak | at last: unknown, load, retention "
      "|\n|---|---:|---:|---:|\n");
  for (const auto& innocent : innocents()) {
    Tally row;
    for (const double noise : kNoise) row.add(tally({innocent.make, 0, noise * kMegabyte}, 10 * seeds));
    fmt::print("| {} | {} | {} | {}, {}, {} |\n", innocent.name, row.traces, row.called_at.size(), row.last[0],
               row.last[1], row.last[2]);
    all.add(row);
  }
  return all;
}

// Workers that are replaced after so many runs, because they leak.
void print_lives(unsigned seeds) {
  fmt::print("\n| leak a run | replaced after | found | runs to the verdict: median, 90 % |\n|---:|---:|---:|---:|\n");
  for (const auto& [leak, life] :
       {std::pair{300.0, 100U}, {1024.0, 50U}, {3072.0, 20U}, {10240.0, 20U}, {10240.0, 5U}, {309.0 * 1024, 1U}}) {
    const auto runs = life == 1 ? life + 1 : life;
    const auto counted = tally({warm_up, leak * kKilobyte, kMegabyte, runs}, 10 * seeds);
    fmt::print("| {} KB | {} | {:.1f} % | {}, {} |\n", leak, life, counted.called(), quantile(counted.called_at, 0.5),
               quantile(counted.called_at, 0.9));
  }
}

}  // namespace

int main(int count, char** arguments) {
  const auto seeds = count > 1 ? static_cast<unsigned>(std::atoi(arguments[1])) : 10U;
  const auto leaks = print_leaks(seeds);
  const auto innocent = print_backgrounds(seeds);
  print_lives(seeds);
  const auto found = static_cast<double>(leaks.called_at.size());
  const auto wrong = static_cast<double>(innocent.called_at.size());
  fmt::print("\n{} leaks, {:.1f} % found; {} innocent traces, {:.2f} % called a leak; precision {:.1f} %\n",
             leaks.traces, leaks.called(), innocent.traces, innocent.called(),
             100 * found / std::max(found + wrong, 1.0));
}
