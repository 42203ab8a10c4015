#include "governor/governor.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/backoff.hpp"
#include "base/log.hpp"
#include "governor/saturating.hpp"
#include "memory/growth.hpp"

namespace holdfast::governor {
namespace {

using memory::Level;
namespace json = boost::json;

// A reading costs some 20 microseconds: not one for each of thousands of runs a second, but for each that lasts.
constexpr std::chrono::milliseconds kFreshReading{25};
// A worker that differs this much from the snapshot makes it worth a new one.
constexpr Bytes kWorthALook{4 * kMegabyte.count()};

}  // namespace

Governor::Governor(GovernorConfig config, const Clock& clock, const memory::MemoryView& view, Senses senses)
    : config_(config),
      clock_(clock),
      view_(view),
      senses_(std::move(senses)),
      routes_(config.peaks),
      // A worker and its successor may have a run each for a while.
      book_(2 * config.admission.max_concurrent + 1),
      saturation_(config.saturation, clock.steady(), random_uniform()),
      ledger_(config.fragmentation) {}

Bytes Governor::limit() const { return view_.usage ? view_.usage->limit : kMegabyte; }

Bytes Governor::used() const { return view_.usage ? view_.usage->used : limit(); }

Bytes Governor::headroom() const { return minus(times(limit(), config_.admission.ceiling), used()); }

Bytes Governor::starting() const {
  Bytes sum;
  for (const auto& worker : ledger_.entries()) {
    if (worker.now.phase == WorkerPhase::starting) {
      sum = plus(sum, minus(boot_.expected().value_or(Bytes()), worker.held));
    }
  }
  return sum;
}

Bytes Governor::speculative() const {
  return std::max(speculative_growth(book_.running(), used_before_, used()), starting());
}

WorkerMemory Governor::seen(const LedgerEntry& worker) const {
  return {.floor = worker.held,
          .fresh_floor = worker.fresh_floor.value_or(worker.held),
          .fragmented = Bytes(),
          .time_to_limit = routes_.time_to_limit(),
          .started_at = worker.now.started_at};
}

Bytes Governor::reclaimable() const {
  Bytes sum;
  const auto* kept = ledger_.next_idle();
  for (const auto& worker : ledger_.entries()) {
    const bool leaves = worker.now.leaving || worker.now.phase == WorkerPhase::ending;
    if (leaves && worker.now.phase != WorkerPhase::busy) sum = plus(sum, worker.held);
    if (leaves || worker.now.phase != WorkerPhase::idle) continue;
    if (&worker != kept) {
      sum = plus(sum, worker.held);
    } else if (!history_.stop(clock_.steady())) {
      sum = plus(sum, winnable(config_.recycling, seen(worker), boot_.expected()));
    }
  }
  return sum;
}

AdmissionVerdict Governor::judge(const Ask& ask, Bytes reclaimable) const {
  return judge_admission(config_.admission, {.now = clock_.steady(),
                                             .used = used(),
                                             .limit = limit(),
                                             .level = view_.level,
                                             .running = book_.running(),
                                             .speculative = speculative(),
                                             .predicted = routes_.predict(ask.route, ask.cut_short_at),
                                             .boot = Bytes(),
                                             .reclaimable = reclaimable,
                                             .idle_since = idle_wait_.since()});
}

Governor::Verdict Governor::admit(const Ask& ask) {
  const auto verdict = judge(ask, reclaimable());
  if (const auto* admitted = std::get_if<Admitted>(&verdict)) {
    auto attempt = start(ask, *admitted);
    head_waits(std::nullopt);
    return attempt;
  }
  const auto& waiting = std::get<Waiting>(verdict);
  if (!head_waits_) ++status_.admission.waits[static_cast<std::size_t>(waiting.reason)];
  if (config_.observe_only && waiting.reason != WaitReason::concurrency) {
    return start(ask, {waiting.needed, false, true});
  }
  head_waits(waiting);
  return waiting;
}

// Nobody makes room for it here, so there is nothing to be patient for.
Governor::Verdict Governor::admit_from_elsewhere(const Ask& ask) {
  if (head_waits_) return *head_waits_;
  const auto verdict = judge(ask, Bytes());
  if (const auto* admitted = std::get_if<Admitted>(&verdict)) return start(ask, *admitted);
  const auto& waiting = std::get<Waiting>(verdict);
  if (config_.observe_only && waiting.reason != WaitReason::concurrency) {
    return start(ask, {waiting.needed, false, true});
  }
  return waiting;
}

std::shared_ptr<AttemptMemory> Governor::start(const Ask& ask, const Admitted& admitted) {
  const auto now = clock_.steady();
  auto& worker = ledger_.at(ask.worker, ask.pid, now);
  read(worker);
  note_idle(worker);
  worker.now.phase = WorkerPhase::busy;
  worker.last_route = ask.route;

  auto attempt = std::make_shared<AttemptMemory>();
  attempt->route = ask.route;
  attempt->worker = ask.worker;
  attempt->pid = ask.pid;
  attempt->started_at = now;
  attempt->given_up_before = ask.given_up_before;
  // Its capacity is beyond what may run: there is room.
  if (auto hold = book_.hold(admitted.reserved, admitted.alone)) attempt->hold = std::move(*hold);
  attempt->receipt = {.before = worker.held,
                      .peak = worker.held,
                      .after = worker.held,
                      .retained = 0,
                      .predicted = routes_.predict(ask.route, ask.cut_short_at).peak,
                      .level_at_start = view_.level,
                      .relief = head_waits_ ? Bytes(returned_ - returned_before_) : Bytes()};
  std::erase_if(attempts_, [](const auto& known) { return known.expired(); });
  attempts_.push_back(attempt);
  attempt->alone = admitted.alone;
  attempt->over_ceiling = admitted.over_ceiling;
  return attempt;
}

void Governor::begin(AttemptMemory& attempt, std::string run) {
  attempt.run = std::move(run);
  auto& counts = status_.admission;
  ++counts.admitted;
  if (attempt.alone) ++counts.alone;
  if (attempt.over_ceiling) ++counts.over_ceiling;
}

MemoryReceipt Governor::end(AttemptMemory& attempt, PeakKind kind) {
  const auto now = clock_.steady();
  if (auto* worker = ledger_.find(attempt.pid)) {
    const auto before = worker->held;
    read(*worker);
    attempt.saw(worker->held);
    ++worker->runs;
    worker->floor_due = true;
    // What it took between two ticks, in no snapshot yet, must not be given away with its promise.
    const auto unseen = worker->held > before ? minus(worker->held, before) : minus(before, worker->held);
    if (unseen >= kWorthALook) senses_.look();
  }
  routes_.ended(attempt, kind, now);
  attempt.hold.release();
  if (kind == PeakKind::complete && memory::is_suspicious(attempt.receipt.retained)) {
    const auto line = memory::suspicious_growth_line(attempt.route, attempt.receipt.before, attempt.receipt.after);
    log::warning(line, {{"run", attempt.run}, {"worker", attempt.worker}});
  }
  idle_wait_.update(book_.running().size(), waiting_, now);
  return attempt.receipt;
}

std::optional<bool> Governor::kernel_killed() {
  senses_.look();
  if (!view_.last || !view_.last->oom_kills || !*view_.last->oom_kills || !kernel_kills_) return std::nullopt;
  if (**view_.last->oom_kills <= *kernel_kills_) return false;
  ++*kernel_kills_;
  ++status_.kernel_kills;
  return true;
}

void Governor::read(LedgerEntry& worker) {
  const auto now = clock_.steady();
  if (worker.read_at != SteadyTime() && now - worker.read_at < kFreshReading) return;
  if (const auto held = senses_.read_worker(worker.now.pid)) {
    worker.held = *held;
    worker.read_at = now;
  }
}

// The worker has no run, and `held` was read since it has none.
void Governor::note_idle(LedgerEntry& worker) {
  if (worker.read_at == SteadyTime()) return;
  worker.floor = worker.held;
  if (!worker.fresh_floor) {
    worker.fresh_floor = worker.held;
    boot_.observe(worker.held);
    status_.boot = boot_.expected();
    if (worker.replaces) {
      returned_ += minus(*worker.replaces, worker.held).count();
      if (const auto stop = history_.replaced(*worker.replaces, worker.held, clock_.steady())) {
        log::warning("memory.recycling_useless", {{"recycles", stop->recycles},
                                                  {"old_floor_bytes", stop->old_floor.count()},
                                                  {"new_floor_bytes", stop->new_floor.count()}});
        note("recycling_useless", json::serialize(json::object{{"recycles", stop->recycles},
                                                               {"old_floor_bytes", stop->old_floor.count()},
                                                               {"new_floor_bytes", stop->new_floor.count()}}));
      }
      worker.replaces.reset();
    }
  }
  if (worker.floor_due && !worker.last_route.empty()) {
    routes_.idle_floor(worker.last_route, static_cast<std::uint64_t>(worker.life), worker.runs, worker.held);
  }
  worker.floor_due = false;
}

void Governor::head_waits(std::optional<Waiting> waiting) noexcept {
  if (waiting && !head_waits_) returned_before_ = returned_;
  head_waits_ = waiting;
  status_.admission.head_waits = waiting;
}

Governor::Orders Governor::tick(const Tick& tick) {
  const auto now = clock_.steady();
  if (!kernel_kills_ && view_.last && view_.last->oom_kills && *view_.last->oom_kills) {
    kernel_kills_ = **view_.last->oom_kills;
  }
  waiting_ = tick.waiting;
  used_before_ = std::exchange(used_at_tick_, used());
  ledger_.update(tick.workers, now);
  watch_attempts();
  watch_workers();
  if (tick.level_change) note_level(*tick.level_change);
  idle_wait_.update(book_.running().size(), waiting_, now);
  if (const auto news = routes_.judge_one(headroom(), now)) note_verdict(*news);

  Orders orders;
  orders.give_up = preempt();
  orders.supervisor = watch_saturation(tick);
  orders.replace = recycle();
  orders.start = start_workers(tick);
  orders.relieve = ask_for_relief();
  return config_.observe_only ? observed(std::move(orders)) : orders;
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
  for (const auto& known : attempts_) {
    const auto attempt = known.lock();
    if (!attempt) continue;
    if (const auto* worker = ledger_.find(attempt->pid)) attempt->saw(worker->held);
  }
}

void Governor::watch_workers() {
  for (auto& worker : ledger_.entries()) {
    if (worker.now.phase != WorkerPhase::idle || worker.now.leaving || !worker.now.held) continue;
    note_idle(worker);
    find_fragmentation(worker);
  }
}

// Of what is inside a worker's heap nothing is known here: growth is what can be told.
void Governor::find_fragmentation(LedgerEntry& worker) {
  const memory::FragmentationReading reading{memory::make_bands(plus(worker.held, worker.now.file), {}),
                                             worker.now.vm_size};
  const auto finding = worker.detector.update(reading, clock_.steady());
  if (!finding) return;
  ++status_.fragmentation_findings;
  log::warning(memory::to_log_line(*finding), {{"worker", worker.now.worker}, {"pid", worker.now.pid}});
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
                    .grown = minus(worker->held, attempt->receipt.before),
                    .retriable = attempt->retriable,
                    .given_up_before = attempt->given_up_before});
  }
  if (runs.empty() || !view_.usage) return std::nullopt;
  const auto own = view_.last && view_.last->own ? view_.last->own->anonymous : Bytes();
  auto victim = choose_victim({.used = used(),
                               .limit = limit(),
                               .growth = minus(used(), used_before_),
                               .speculative = speculative_growth(book_.running(), used_before_, used()),
                               .least_used = plus(own, boot_.expected().value_or(Bytes())),
                               .running = runs,
                               .one_is_dying = one_is_dying});
  if (!victim || config_.observe_only) return victim;
  for (const auto& known : attempts_) {
    const auto attempt = known.lock();
    if (attempt && attempt->run == victim->run.text()) attempt->given_up = true;
  }
  ++status_.preempted[static_cast<std::size_t>(victim->cause)];
  return victim;
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
  for (const auto& worker : ledger_.entries()) {
    if (worker.now.phase != WorkerPhase::idle || worker.now.leaving) continue;
    if (winnable(config_.recycling, seen(worker), boot_.expected()) == Bytes()) continue;
    ask_to_replace(worker.now.worker, RecycleReason::relief);
    ++count;
  }
  return count;
}

RecycleRoom Governor::room(const LedgerEntry& worker) const {
  const bool waits_for_memory =
      head_waits_ && (head_waits_->reason == WaitReason::memory || head_waits_->reason == WaitReason::level);
  return {.used = used(),
          .limit = limit(),
          .ceiling = config_.admission.ceiling,
          .unconsumed = unconsumed(book_.running()),
          .speculative = speculative(),
          .boot = boot_.expected(),
          .run_waits = waits_for_memory,
          .is_spare = &worker != ledger_.next_idle()};
}

std::vector<Governor::Replacement> Governor::recycle() {
  std::vector<Replacement> replacements;
  // One at a time: what the last one gave back must be seen before the next is worth its start.
  const bool settled = !ledger_.one_leaves() && !ledger_.one_starts();
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
    if (config_.observe_only) continue;
    if (decision->mode == RecycleMode::retire) {
      ++status_.retired;
      returned_ += worker.held.count();
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
    return WalkRequest::for_level(level, minus(times(limit(), config_.admission.ceiling), head_waits_->needed));
  }
  if (view_.level == Level::normal) return std::nullopt;
  // Down to where the level would fall, hysteresis included.
  const auto enter = memory::LevelConfig().enter.at(static_cast<std::size_t>(view_.level) - 1);
  return WalkRequest::for_level(view_.level, times(limit(), enter - memory::LevelConfig().hysteresis));
}

void Governor::relieved(const WalkReport& report) {
  returned_ += report.returned().count();
  for (const auto& step : report.steps) {
    auto known = std::ranges::find(status_.relief, step.name, &ReliefStatus::action);
    if (known == status_.relief.end()) {
      status_.relief.push_back({.action = step.name});
      known = std::prev(status_.relief.end());
    }
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
                                                     {"used_bytes", change.used.count()},
                                                     {"limit_bytes", change.limit.count()}}));
}

void Governor::note_verdict(const RouteLedger::NewVerdict& news) {
  const auto verdict = memory::to_string(news.trend.verdict);
  const bool leaks = news.trend.verdict == memory::GrowthVerdict::leak;
  log::write(leaks ? log::Level::warning : log::Level::info,
             log::format_line("memory.verdict", {{"route", news.route},
                                                 {"verdict", verdict},
                                                 {"bytes_per_run", news.trend.slope.value_or(0)},
                                                 {"runs", news.trend.runs}}));
  note("verdict_changed", json::serialize(json::object{{"route", news.route},
                                                       {"verdict", verdict},
                                                       {"bytes_per_run", news.trend.slope.value_or(0)},
                                                       {"runs", news.trend.runs}}));
}

void Governor::note(std::string_view kind, std::string body) const {
  if (senses_.note) senses_.note(kind, std::move(body));
}

void Governor::refresh_status() {
  status_.useless_stop = history_.stop(clock_.steady());
  status_.routes = routes_.status();
  status_.workers.clear();
  for (const auto& worker : ledger_.entries()) {
    status_.workers.push_back({.index = worker.now.worker,
                               .pid = worker.now.pid,
                               .floor = worker.floor,
                               .fresh_floor = worker.fresh_floor.value_or(Bytes()),
                               .runs = worker.runs});
  }
  auto& counts = status_.admission;
  counts.running = book_.running().size();
  counts.unconsumed = unconsumed(book_.running());
  counts.reserved = Bytes();
  for (const auto& run : book_.running()) counts.reserved = plus(counts.reserved, run.reserved);
}

}  // namespace holdfast::governor
