// What the governor does at each tick: takes over what is seen, and decides.
#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/log.hpp"
#include "governor/governor.hpp"
#include "governor/saturating.hpp"

namespace holdfast::governor {
namespace {

using memory::Level;
namespace json = boost::json;

// For those who report: predictions of hundreds of routes are not worth computing ten times a second.
constexpr std::chrono::seconds kRefreshInterval{1};

}  // namespace

Governor::Orders Governor::tick(const Tick& tick) {
  const auto now = clock_.steady();
  ++ticks_;
  count_kernel_kills();
  waiting_ = tick.waiting;
  used_before_ = std::exchange(used_at_tick_, used());
  returned_ += ledger_.update(tick.workers, now).count();
  watch_attempts();
  watch_workers();
  if (tick.level_change) note_level(*tick.level_change);
  idle_wait_.update(book_.running().size(), waiting_, now);
  if (const auto news = routes_.judge_one(headroom(), now)) note_verdict(*news);
  if (now - refreshed_at_ >= kRefreshInterval) refresh_status();

  Orders orders;
  orders.give_up = preempt();
  orders.supervisor = watch_saturation(tick);
  orders.replace = recycle();
  orders.start = start_workers(tick);
  orders.relieve = ask_for_relief();
  return config_.observe_only ? observed(std::move(orders)) : orders;
}

Governor::Orders Governor::reconsider(const Tick& tick) {
  waiting_ = tick.waiting;
  returned_ += ledger_.update(tick.workers, clock_.steady()).count();
  watch_workers();
  Orders orders;
  orders.replace = recycle();
  orders.start = start_workers(tick);
  return config_.observe_only ? observed(std::move(orders)) : orders;
}

bool Governor::waits_for_memory() const noexcept {
  return head_waits_ && (head_waits_->reason == WaitReason::memory || head_waits_->reason == WaitReason::level);
}

// What would have been done. Nothing of it is awaited.
Governor::Orders Governor::observed(Orders orders) {
  for (const auto& replacement : orders.replace) {
    log::debug("memory.would_recycle",
               {{"worker", replacement.worker}, {"reason", to_string(replacement.decision.reason)}});
  }
  if (orders.give_up) log::debug("memory.would_give_up", {{"run", orders.give_up->run.text()}});
  asked_.clear();
  orders.give_up.reset();
  orders.replace.clear();
  if (orders.supervisor == SaturationAction::restart) orders.supervisor = SaturationAction::none;
  return orders;
}

void Governor::watch_attempts() {
  for (const auto& worker : ledger_.entries()) tell_attempts(worker);
}

void Governor::watch_workers() {
  for (auto& worker : ledger_.entries()) {
    if (worker.now.phase != WorkerPhase::idle || worker.now.leaving || !worker.now.held) continue;
    note_idle(worker);
    find_fragmentation(worker);
  }
}

// Without an agent in the worker nothing is known of its heap: growth is what can be told.
memory::FragmentationReading Governor::fragmentation_reading(const LedgerEntry& worker) {
  return {memory::make_bands(plus(worker.held, worker.now.file), worker.now.bands), worker.now.vm_size};
}

void Governor::find_fragmentation(LedgerEntry& worker) {
  const auto now = clock_.steady();
  auto finding = worker.detector.update(fragmentation_reading(worker), now);
  if (!finding) return;
  ++status_.fragmentation_findings;
  // A backend whose every process is found so, and replaced for it, is one piece of news.
  if (fragmentation_told_at_ && now - *fragmentation_told_at_ < config_.fragmentation.interval) {
    ++fragmentation_held_back_;
    return;
  }
  fragmentation_told_at_ = now;
  finding->held_back += std::exchange(fragmentation_held_back_, 0);
  log::warning(memory::to_log_line(*finding), {{"worker", worker.now.worker}, {"pid", worker.now.pid}});
  note("fragmentation", json::serialize(json::object{{"resident", finding->reading.bands.resident.count()},
                                                     {"worker", worker.now.worker}}));
}

std::optional<Preemption> Governor::preempt() {
  std::vector<PreemptionRun> runs;
  bool one_is_dying = false;
  for (const auto& known : attempts_) {
    const auto attempt = known.lock();
    if (!attempt || !attempt->hold) continue;
    one_is_dying = one_is_dying || attempt->given_up;
    const auto id = RunId::parse(attempt->run);
    const auto* worker = ledger_.find(attempt->pid);
    if (!id || !worker) continue;
    runs.push_back({.run = *id,
                    .worker = attempt->worker,
                    .started_at = attempt->started_at,
                    .worker_held = worker->held,
                    .grown = attempt->grown_now(),
                    .retriable = attempt->retriable,
                    .given_up_before = attempt->given_up_before});
  }
  if (runs.empty() || !view_.usage) return std::nullopt;
  PreemptionInput input{.used = used(),
                        .limit = limit(),
                        .growth = minus(used(), used_before_),
                        .speculative = speculative_growth(book_.running(), used_before_, used()),
                        .least_used = least_used(),
                        .running = runs,
                        .one_is_dying = one_is_dying};
  auto victim = choose_victim(input);
  if (victim && leave_out_overcount(*victim, runs, input.used)) victim = choose_victim(input);
  if (!victim || config_.observe_only) return victim;
  for (const auto& known : attempts_) {
    const auto attempt = known.lock();
    if (attempt && attempt->run == victim->run.text()) attempt->given_up = true;
  }
  ++status_.preempted[static_cast<std::size_t>(victim->cause)];
  return victim;
}

// What a program has given back with MADV_FREE counts as held until the kernel wants it, which is before it kills, and
// what it shares with a child that it forked counts twice: neither must cost anybody an attempt. Reading it takes
// milliseconds, so only the worker of the one who is to go is asked.
bool Governor::leave_out_overcount(const Preemption& victim, std::span<PreemptionRun> runs, Bytes& used) const {
  if (!senses_.overcount) return false;
  const auto given_up = std::ranges::find_if(attempts_, [&](const auto& known) {
    const auto attempt = known.lock();
    return attempt && attempt->run == victim.run.text();
  });
  const auto attempt = given_up == attempts_.end() ? nullptr : given_up->lock();
  const auto excess = attempt ? senses_.overcount(attempt->pid).value_or(memory::Overcount()) : memory::Overcount();
  const auto all = plus(excess.lazily_freed, excess.shared);
  if (all == Bytes()) return false;
  // A cgroup counts a page once, whoever maps it.
  used = minus(used, view_.usage->source == memory::LimitSource::cgroup ? excess.lazily_freed : all);
  for (auto& run : runs) {
    if (run.worker != attempt->worker) continue;
    run.worker_held = minus(run.worker_held, all);
    run.grown = minus(run.grown, all);
  }
  return true;
}

void Governor::spared(const RunId& run) {
  for (const auto& known : attempts_) {
    const auto attempt = known.lock();
    if (attempt && attempt->run == run.text()) attempt->given_up = false;
  }
}

SaturationAction Governor::watch_saturation(const Tick& tick) {
  const auto now = clock_.steady();
  SaturationInput input{.now = now,
                        .level = view_.level,
                        .used = used(),
                        .limit = limit(),
                        .held_by_runs = Bytes(),
                        .relief_ended_at = tick.relief_ended_at,
                        .workers = {},
                        .replacing = replacing()};
  for (const auto& run : book_.running()) input.held_by_runs = plus(input.held_by_runs, run.seen);
  std::vector<SaturationWorker> workers;
  for (const auto& worker : ledger_.entries()) {
    if (worker.now.leaving || worker.now.phase == WorkerPhase::starting) continue;
    auto age = SteadyTime::duration::zero();
    for (const auto& known : attempts_) {
      const auto attempt = known.lock();
      if (attempt && attempt->hold && attempt->pid == worker.now.pid) age = now - attempt->started_at;
    }
    workers.push_back({.id = worker.now.pid,
                       .busy = worker.now.phase == WorkerPhase::busy,
                       .run_age = std::chrono::duration_cast<std::chrono::milliseconds>(age),
                       .winnable = minus(worker.floor, worker.fresh_floor.value_or(worker.floor)),
                       .started_at = worker.now.started_at});
  }
  input.workers = workers;
  const auto step = saturation_.update(input);
  status_.saturated_since = saturation_.since();
  status_.restart_recommended = saturation_.restart_recommended();
  if (step.action != SaturationAction::replace_worker) return step.action;
  if (const auto* worker = ledger_.find(step.worker)) ask_to_replace(worker->now.worker, RecycleReason::saturation);
  return SaturationAction::none;
}

void Governor::ask_to_replace(int worker, RecycleReason reason) { asked_.emplace_back(worker, reason); }

int Governor::ask_to_replace_idle() {
  int count = 0;
  for (auto& worker : ledger_.entries()) {
    if (worker.now.phase != WorkerPhase::idle || worker.now.leaving) continue;
    // An earlier step may have won since the last tick what this one would be for.
    read(worker);
    if (winnable(config_.recycling, seen(worker), boot_.expected()) == Bytes()) continue;
    ask_to_replace(worker.now.worker, RecycleReason::relief);
    ++count;
  }
  return count;
}

RecycleRoom Governor::room(const LedgerEntry& worker) const {
  return {.used = used(),
          .limit = limit(),
          .ceiling = config_.admission.ceiling,
          .unconsumed = unconsumed(book_.running()),
          .speculative = speculative(),
          .boot = boot_.expected(),
          .run_waits = waits_for_memory(),
          .is_spare = &worker != ledger_.next_idle()};
}

std::vector<Governor::Replacement> Governor::recycle() {
  std::vector<Replacement> replacements;
  // One at a time: what the last one gave back must be seen before the next is worth its start. Where a run waits for
  // memory, what it waits for is not the start of yet another worker.
  const bool waits_for_memory = head_waits_ && head_waits_->reason == WaitReason::memory;
  const bool settled = !ledger_.one_leaves() && (waits_for_memory || !ledger_.one_starts());
  for (auto& worker : ledger_.entries()) {
    if (worker.now.leaving || !replacements.empty()) continue;
    const auto asked = std::ranges::find(asked_, worker.now.worker, &std::pair<int, RecycleReason>::first);
    const bool is_asked = asked != asked_.end();
    const bool idle = worker.now.phase == WorkerPhase::idle && worker.fresh_floor;
    if (!is_asked && (!idle || !settled)) continue;
    const auto decision = judge_recycling(config_.recycling, seen(worker), room(worker), history_,
                                          is_asked ? std::optional(asked->second) : std::nullopt, clock_.steady());
    if (is_asked) asked_.erase(asked);
    if (!decision) continue;
    replacements.push_back({worker.now.worker, *decision});
    worker.now.leaving = true;
    worker.winnable = decision->winnable;
    if (config_.observe_only) continue;
    if (decision->mode == RecycleMode::retire) {
      ++status_.retired;
      retired_at_ = clock_.steady();
    } else {
      ++status_.recycled[static_cast<std::size_t>(decision->reason)];
      ledger_.replacing(worker.now.worker, worker.held);
    }
  }
  // Whoever was asked to go and is gone, or going, needs no more asking.
  std::erase_if(asked_, [this](const auto& asked) {
    return std::ranges::none_of(ledger_.entries(), [&](const auto& worker) {
      return worker.now.worker == asked.first && !worker.now.leaving && worker.now.phase != WorkerPhase::ending;
    });
  });
  return replacements;
}

std::vector<int> Governor::start_workers(const Tick& tick) {
  if (tick.parked.empty()) return {};
  if (config_.observe_only) return {tick.parked.begin(), tick.parked.end()};
  const auto boot = boot_.expected();
  const auto up = static_cast<std::size_t>(std::ranges::count_if(
      ledger_.entries(), [](const auto& worker) { return worker.now.phase != WorkerPhase::ending; }));
  if (up == 0) return {tick.parked.front()};
  if (!boot) return {};
  const bool idle = ledger_.next_idle() != nullptr;
  const bool wanted = tick.waiting > 0 && !idle && !ledger_.one_starts();
  const bool rested = !retired_at_ || clock_.steady() - *retired_at_ >= config_.spare_rest;
  // To be at hand is worth memory that nobody misses.
  const bool spare = rested && !head_waits_ && view_.level == Level::normal;
  if (!wanted && !spare) return {};

  std::vector<int> started;
  auto taken = plus(plus(used(), unconsumed(book_.running())), speculative());
  const auto ceiling = times(limit(), config_.admission.ceiling);
  for (const int place : tick.parked) {
    taken = plus(taken, *boot);
    if (taken > ceiling || (wanted && !started.empty())) break;
    started.push_back(place);
  }
  return started;
}

std::optional<WalkRequest> Governor::ask_for_relief() const {
  if (head_waits_ && head_waits_->reason == WaitReason::memory) {
    const auto level = std::max(view_.level, Level::critical);
    return WalkRequest::for_level(level, minus(times(limit(), config_.admission.ceiling), head_waits_->needed), used());
  }
  if (view_.level == Level::normal) return std::nullopt;
  // Down to where the level would fall, hysteresis included.
  const auto enter = memory::LevelConfig().enter.at(static_cast<std::size_t>(view_.level) - 1);
  return WalkRequest::for_level(view_.level, times(limit(), enter - memory::LevelConfig().hysteresis), used());
}

void Governor::set_relief_actions(std::span<const std::string_view> names) {
  for (const auto name : names) status_.relief.push_back({.action = std::string(name)});
}

void Governor::relieved(const WalkReport& report) {
  for (const auto& step : report.steps) {
    // Readings would count what replaced workers gave once more.
    returned_ += step.given_back.value_or(Bytes()).count();
    const auto known = std::ranges::find(status_.relief, step.name, &ReliefStatus::action);
    if (known == status_.relief.end()) continue;
    ++known->ends[static_cast<std::size_t>(step.end)];
    known->returned_bytes += step.returned().count();
    known->pause += step.pause;
    known->futile = step.skipped == SkipReason::futile;
  }
}

void Governor::note_level(const memory::LevelChange& change) {
  ++status_.level_changes[static_cast<std::size_t>(change.to)];
  note("level_changed", json::serialize(json::object{{"from", memory::to_string(change.from)},
                                                     {"to", memory::to_string(change.to)},
                                                     {"cause", change.cause},
                                                     {"used", change.used.count()},
                                                     {"limit", change.limit.count()}}));
}

void Governor::note_verdict(const RouteLedger::NewVerdict& news) {
  const auto verdict = memory::to_string(news.trend.verdict);
  const bool leaks = news.trend.verdict == memory::GrowthVerdict::leak;
  log::write(leaks ? log::Level::warning : log::Level::info,
             log::format_line("memory.verdict", {{"route", news.route},
                                                 {"verdict", verdict},
                                                 {"bytes_per_run", news.trend.slope.value_or(0)},
                                                 {"runs", news.trend.runs}}));
  if (leaks) {
    note("leak_found",
         json::serialize(json::object{{"route", news.route}, {"bytes_per_run", news.trend.slope.value_or(0)}}));
  }
}

void Governor::note(std::string_view kind, std::string body) const {
  if (senses_.note) senses_.note(kind, std::move(body));
}

}  // namespace holdfast::governor
