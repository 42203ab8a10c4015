#include "tests/unit/governor/governor_world.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace holdfast::governor::testing {
namespace {

using memory::Level;
using namespace std::chrono_literals;

/// A worker's start, in ticks.
constexpr int kStart = 5;
constexpr int kMostCrashes = 3;

std::string route_name(int route) { return "/route/" + std::to_string(route); }

}  // namespace

World::World(const WorldConfig& config)
    : config_(config), random_(config.seed), book_(static_cast<std::size_t>(config.workers)), tracker_({}, now_, 0.5) {
  admission_.max_concurrent = static_cast<std::size_t>(config.workers);
  used_before_ = used();
}

void World::ask(int count) {
  for (int i = 0; i < count; ++i) {
    SimulatedRun run(RunId::parse(fmt::format("00000000-0000-7000-8000-{:012x}", ++next_run_)).value());
    run.route = static_cast<int>(random_() % static_cast<unsigned>(config_.routes));
    const double size = 1.0 / (1.0 + run.route) * (1.0 + config_.peak_spread * (2.0 * chance() - 1.0));
    run.peak = times(config_.typical_peak, size * (chance() < config_.freak_share ? 3.0 : 1.0));
    run.ticks = 3 + static_cast<int>(random_() % 40);
    run.at_once = chance() < 0.3;
    run.retriable = chance() < 0.9;
    queue_.push_back(std::move(run));
  }
}

bool World::settle(int most_ticks) {
  for (int i = 0; i < most_ticks; ++i) {
    if (queue_.empty() && running() == 0) return true;
    tick();
    if (::testing::Test::HasFatalFailure()) return false;
  }
  return false;
}

void World::tick() {
  now_ += kTick;
  grow();
  kill_over_limit();
  most_used = std::max(most_used, used());
  follow_level();
  preempt();
  watch_saturation();
  recycle();
  admit();
  used_before_ = used();
  most_running = std::max(most_running, static_cast<int>(running()));
  // One always progresses: with nothing running, something that waits starts soon after its patience.
  const bool nothing_starts = std::ranges::all_of(workers_, [](const auto& w) { return w.starting == 0; });
  idle_ticks_ = running() == 0 && !queue_.empty() && nothing_starts ? idle_ticks_ + 1 : 0;
  ASSERT_LE(idle_ticks_, admission_.patience / kTick + 2);
}

Bytes World::grown(const SimulatedRun& run) const {
  if (run.at_once) return run.done * 2 >= run.ticks ? run.peak : Bytes();
  return times(run.peak, static_cast<double>(run.done) / run.ticks);
}

Bytes World::held(const SimulatedWorker& worker) const {
  return plus(plus(worker.floor, worker.beside), worker.run ? grown(*worker.run) : Bytes());
}

Bytes World::used() const {
  auto sum = config_.supervisor;
  for (const auto& worker : workers_) sum = plus(sum, held(worker));
  return sum;
}

Prediction World::predicted(const SimulatedRun& run) const {
  return estimate_.predict(route_name(run.route), run.cut_short_at);
}

RecycleRoom World::room() const {
  return {used(),
          config_.limit,
          admission_.ceiling,
          unconsumed(book_.running()),
          speculative_growth(book_.running(), used_before_, used()),
          boot_.expected(),
          head_waits_for_memory_,
          false};
}

const SimulatedWorker* World::for_head() const {
  const SimulatedWorker* least = nullptr;
  for (const auto& worker : workers_) {
    if (worker.run || worker.starting > 0 || worker.asked) continue;
    if (!least || worker.floor < least->floor) least = &worker;
  }
  return least;
}

Bytes World::reclaimable() const {
  Bytes sum;
  const auto* kept = for_head();
  for (const auto& worker : workers_) {
    if (worker.run) continue;
    if (&worker != kept) {
      sum = plus(sum, worker.floor);
    } else if (!history_.stop(now_)) {
      const WorkerMemory seen{worker.floor, worker.fresh_floor, Bytes(), std::nullopt, worker.started_at};
      sum = plus(sum, winnable(recycling_, seen, boot_.expected()));
    }
  }
  return sum;
}

Level World::true_level() const {
  const double share = static_cast<double>(used().count()) / static_cast<double>(config_.limit.count());
  if (share >= 0.9375) return Level::emergency;
  if (share >= 0.78) return Level::critical;
  return share >= 0.39 ? Level::warning : Level::normal;
}

void World::grow() {
  for (auto& worker : workers_) {
    if (worker.dying) lose(worker, false);
    if (worker.starting > 0 && --worker.starting == 0) {
      worker.beside = Bytes();
      worker.floor = worker.fresh_floor = config_.boot;
      worker.id = ++next_worker_;
      worker.started_at = now_;
      boot_.observe(worker.floor);
      if (worker.old_floor > Bytes()) history_.replaced(worker.old_floor, worker.floor, now_);
    }
    if (!worker.run) continue;
    auto& run = *worker.run;
    if (run.done < run.ticks) {
      ++run.done;
      run.hold.saw(grown(run));
      continue;
    }
    estimate_.observe(route_name(run.route), run.hold.peak(), PeakKind::complete);
    worker.floor = plus(worker.floor, times(run.peak, config_.retained));
    worker.run.reset();
    ++completed;
  }
}

// What the kernel would do: the biggest goes.
void World::kill_over_limit() {
  while (used() > config_.limit) {
    auto biggest = std::ranges::max_element(workers_, {}, [this](const auto& worker) { return held(worker); });
    ASSERT_NE(biggest, workers_.end());
    ASSERT_GT(held(*biggest), Bytes()) << "the supervisor alone is over the limit";
    if (biggest->run) {
      ++kernel_kills;
      lose(*biggest, true);
    } else {
      biggest->floor = biggest->beside = Bytes();
      biggest->old_floor = Bytes();
      biggest->starting = kStart;
    }
  }
}

void World::follow_level() {
  auto next = true_level();
  // A level falls only after five seconds.
  if (next < level_ && now_ - level_since_ < 5s) next = level_;
  if (chance() < config_.odd_levels) next = static_cast<Level>(random_() % 4);
  if (next != level_) level_since_ = now_;
  level_ = next;
}

void World::preempt() {
  PreemptionInput input;
  input.used = used();
  input.limit = config_.limit;
  input.growth = minus(used(), used_before_);
  input.speculative = speculative_growth(book_.running(), used_before_, used());
  input.least_used = plus(config_.supervisor, config_.boot);
  std::vector<PreemptionRun> runs;
  for (const auto& worker : workers_) {
    input.one_is_dying = input.one_is_dying || worker.dying;
    if (!worker.run) continue;
    const auto& run = *worker.run;
    runs.push_back({run.id, worker.id, run.started_at, held(worker), grown(run), run.retriable, run.given_up});
  }
  input.running = runs;
  const auto victim = choose_victim(input);
  if (!victim) return;
  ASSERT_FALSE(input.one_is_dying);
  const bool spares_the_only_one = runs.size() > 1 || plus(input.used, times(input.growth, 3.0)) >= input.limit;
  ASSERT_TRUE(spares_the_only_one);
  const auto worker = std::ranges::find(workers_, victim->worker, &SimulatedWorker::id);
  worker->dying = true;
  if (victim->cause == PreemptionCause::exceeds_limit) ++worker->run->crashes;
  ++worker->run->given_up;
  ++preempted;
}

// The worker's process has ended and its attempt is lost.
void World::lose(SimulatedWorker& worker, bool crashed) {
  auto run = std::move(*worker.run);
  worker.run.reset();
  worker.dying = false;
  worker.floor = worker.beside = worker.old_floor = Bytes();
  worker.starting = kStart;
  run.cut_short_at = std::max(run.cut_short_at, run.hold.peak());
  estimate_.observe(route_name(run.route), run.hold.peak(), PeakKind::cut_short);
  run.hold.release();
  run.done = 0;
  if (crashed) ++run.crashes;
  if (run.crashes >= kMostCrashes || !run.retriable) {
    ++sealed;
  } else {
    queue_.push_front(std::move(run));
  }
}

void World::recycle() {
  const auto* kept = for_head();
  for (auto worker = workers_.begin(); worker != workers_.end();) {
    const auto next = std::next(worker);
    if (!worker->run && worker->starting == 0) {
      auto around = room();
      around.is_spare = &*worker != kept;
      const WorkerMemory seen{worker->floor, worker->fresh_floor, Bytes(), std::nullopt, worker->started_at};
      const auto decision = judge_recycling(recycling_, seen, around, history_, worker->asked, now_);
      if (decision && decision->mode == RecycleMode::retire) {
        workers_.erase(worker);
        ++retired;
      } else if (decision) {
        replace(*worker, *decision);
      }
    }
    worker = next;
  }
}

void World::replace(SimulatedWorker& worker, const RecycleDecision& decision) {
  if (decision.mode == RecycleMode::overlap) {
    ASSERT_LE(plus(used(), config_.boot), times(config_.limit, admission_.ceiling));
    worker.beside = config_.boot;
  }
  worker.old_floor = worker.floor;
  if (decision.mode == RecycleMode::drain_first) worker.floor = Bytes();
  worker.asked.reset();
  worker.starting = kStart;
  ++recycled;
}

void World::watch_saturation() {
  SaturationInput input;
  input.now = now_;
  input.level = level_;
  input.used = used();
  input.limit = config_.limit;
  input.relief_ended_at = now_;
  std::vector<SaturationWorker> workers;
  for (const auto& worker : workers_) {
    input.replacing = input.replacing || worker.starting > 0 || worker.asked;
    if (worker.run) input.held_by_runs = plus(input.held_by_runs, grown(*worker.run));
    if (worker.starting > 0) continue;
    const auto age = worker.run ? now_ - worker.run->started_at : SteadyTime::duration::zero();
    workers.push_back({worker.id, worker.run.has_value(), std::chrono::duration_cast<std::chrono::milliseconds>(age),
                       minus(worker.floor, worker.fresh_floor), worker.started_at});
  }
  input.workers = workers;
  const auto step = tracker_.update(input);
  if (step.action == SaturationAction::replace_worker) {
    std::ranges::find(workers_, step.worker, &SimulatedWorker::id)->asked = RecycleReason::saturation;
  }
  if (step.action == SaturationAction::restart) {
    ++restarts;
    config_.supervisor = WorldConfig{}.supervisor;
  }
  // Saturation ends, or its restart is recommended, within the bound that its header names.
  const auto bound =
      saturation_.relief_patience + (config_.workers + 1) * (saturation_.replace_patience + saturation_.settle);
  if (tracker_.since() && !tracker_.restart_recommended()) ASSERT_LE(now_ - *tracker_.since(), bound);
}

void World::admit() {
  head_waits_for_memory_ = false;
  while (admit_next()) continue;
  idle_wait_.update(running(), queue_.size(), now_);
}

bool World::admit_next() {
  if (queue_.empty()) return false;
  auto& run = queue_.front();
  const auto* idle = for_head();
  auto worker = std::ranges::find_if(workers_, [idle](const auto& w) { return &w == idle; });
  const bool needs_worker = worker == workers_.end();
  if (needs_worker && static_cast<int>(workers_.size()) >= config_.workers) return false;
  const auto boot = needs_worker ? config_.boot : Bytes();
  AdmissionRequest request;
  request.now = now_;
  request.used = used();
  request.limit = config_.limit;
  request.level = level_;
  request.running = book_.running();
  request.speculative = room().speculative;
  request.predicted = predicted(run);
  // The supervisor starts workers by themselves; here one is started for the run.
  request.predicted.peak = plus(request.predicted.peak, boot);
  request.reclaimable = reclaimable();
  request.idle_since = idle_wait_.since();
  const auto verdict = judge_admission(admission_, request);
  if (const auto* waiting = std::get_if<Waiting>(&verdict)) {
    head_waits_for_memory_ = waiting->reason == WaitReason::memory || waiting->reason == WaitReason::level;
    return false;
  }
  const auto& admitted = std::get<Admitted>(verdict);
  check_admission(run, admitted, boot);
  run.hold = book_.hold(admitted.reserved, admitted.alone).value();
  run.started_at = now_;
  if (needs_worker) {
    worker = workers_.emplace(workers_.end());
    worker->id = ++next_worker_;
    worker->floor = worker->fresh_floor = config_.boot;
    worker->started_at = now_;
    boot_.observe(config_.boot);
  }
  worker->run.emplace(std::move(run));
  queue_.pop_front();
  return true;
}

// The promise of admission, computed again from what the world itself knows.
void World::check_admission(const SimulatedRun& run, const Admitted& admitted, Bytes boot) const {
  std::uint64_t needed = used().count() + predicted(run).peak.count() + boot.count();
  std::size_t others = 0;
  for (const auto& worker : workers_) {
    if (!worker.run) continue;
    ++others;
    const auto seen = grown(*worker.run).count();
    const auto reserved = worker.run->hold.reserved().count();
    if (reserved > seen) needed += reserved - seen;
  }
  if (others == 0) return;
  const auto measurements = predicted(run).measurements;
  ASSERT_TRUE(measurements > others || measurements >= admission_.known_after);
  ASSERT_FALSE(admitted.over_ceiling);
  ASSERT_FALSE(admitted.alone);
  ASSERT_LT(level_, Level::critical);
  ASSERT_LE(static_cast<double>(needed), admission_.ceiling * static_cast<double>(config_.limit.count()));
  ASSERT_TRUE(std::ranges::none_of(book_.running(), &Reservation::alone));
}

}  // namespace holdfast::governor::testing
