/// A backend and its governor, simulated: workers that grow, leak and are replaced, and every decision of the module
/// wired together as the supervisor does it. Deterministic for a seed. The world checks the promises as it goes (gtest
/// failures).
#pragma once

#include <deque>
#include <list>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "governor/admission.hpp"
#include "governor/boot_footprint.hpp"
#include "governor/peak_estimate.hpp"
#include "governor/preemption.hpp"
#include "governor/recycling.hpp"
#include "governor/reservations.hpp"
#include "governor/saturating.hpp"
#include "governor/saturation.hpp"

namespace holdfast::governor::testing {

struct WorldConfig {
  unsigned seed = 1;
  int workers = 3;
  int routes = 4;
  Bytes limit{512 * 1024 * 1024};
  Bytes supervisor{15 * 1024 * 1024};  ///< What no replacement of workers gives back.
  Bytes boot{40 * 1024 * 1024};
  Bytes typical_peak{80 * 1024 * 1024};  ///< Of route 0; the others are fractions of it.
  double peak_spread = 0.4;              ///< Of a route's runs, to both sides.
  double freak_share = 0.02;             ///< Runs that need three times as much.
  double retained = 0.1;                 ///< Share of a peak that stays in the worker.
  double odd_levels = 0.01;              ///< Ticks at which the level jumps to anything.
};

struct SimulatedRun {
  explicit SimulatedRun(RunId run) : id(std::move(run)) {}

  RunId id;
  int route = 0;
  Bytes peak;
  int ticks = 1;
  bool at_once = false;  ///< All at its middle, not bit by bit.
  bool retriable = true;
  int done = 0;  ///< Ticks of this attempt.
  int crashes = 0;
  int given_up = 0;
  Bytes cut_short_at;
  SteadyTime started_at;
  ReservationHold hold;
};

struct SimulatedWorker {
  int id = 0;
  Bytes floor;
  Bytes fresh_floor;
  Bytes beside;  ///< The new worker, while both are there.
  SteadyTime started_at;
  std::optional<SimulatedRun> run;
  std::optional<RecycleReason> asked;
  Bytes old_floor;
  int starting = 0;  ///< Ticks until the new one is ready.
  bool dying = false;
};

class World {
 public:
  explicit World(const WorldConfig& config);

  /// Adds runs to the queue.
  void ask(int count);
  void tick();
  /// Ticks until every run has its end. False when it takes unreasonably long.
  bool settle(int most_ticks);

  [[nodiscard]] Bytes used() const;
  [[nodiscard]] std::size_t running() const { return book_.running().size(); }

  Bytes most_used;
  int completed = 0;
  int sealed = 0;
  int kernel_kills = 0;
  int preempted = 0;
  int recycled = 0;
  int retired = 0;
  int restarts = 0;
  int most_running = 0;

 private:
  static constexpr std::chrono::milliseconds kTick{100};

  double chance() { return std::uniform_real_distribution<double>(0.0, 1.0)(random_); }
  [[nodiscard]] Bytes grown(const SimulatedRun& run) const;
  [[nodiscard]] Bytes held(const SimulatedWorker& worker) const;
  [[nodiscard]] Prediction predicted(const SimulatedRun& run) const;
  [[nodiscard]] RecycleRoom room() const;
  [[nodiscard]] Bytes reclaimable() const;
  /// The idle worker that the head of the queue will get: the one that holds least.
  [[nodiscard]] const SimulatedWorker* for_head() const;
  [[nodiscard]] memory::Level true_level() const;

  void grow();
  void kill_over_limit();
  void follow_level();
  void preempt();
  void lose(SimulatedWorker& worker, bool crashed);
  void recycle();
  void replace(SimulatedWorker& worker, const RecycleDecision& decision);
  void watch_saturation();
  void admit();
  bool admit_next();
  void check_admission(const SimulatedRun& run, const Admitted& admitted, Bytes boot) const;

  WorldConfig config_;
  std::mt19937 random_;
  SteadyTime now_{std::chrono::hours(1)};
  AdmissionConfig admission_;
  RecycleConfig recycling_;
  SaturationConfig saturation_;
  PeakEstimate estimate_;
  BootFootprint boot_;
  Reservations book_;
  RecycleHistory history_;
  SaturationTracker tracker_;
  IdleWait idle_wait_;
  std::deque<SimulatedRun> queue_;
  std::list<SimulatedWorker> workers_;
  memory::Level level_ = memory::Level::normal;
  SteadyTime level_since_;
  Bytes used_before_;
  bool head_waits_for_memory_ = false;
  int idle_ticks_ = 0;
  int next_run_ = 0;
  int next_worker_ = 0;
};

}  // namespace holdfast::governor::testing
