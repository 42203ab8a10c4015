#include "governor/governor.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "base/log.hpp"
#include "governor/saturating.hpp"
#include "memory/growth.hpp"

namespace holdfast::governor {
namespace {

namespace json = boost::json;

// A reading costs some 20 microseconds: not one for each of thousands of runs a second, but for each that lasts so
// long.
constexpr std::chrono::milliseconds kFreshReading{25};
// A worker that differs this much from the snapshot makes it worth a new one.
constexpr Bytes kWorthALook{4 * kMegabyte.count()};
// The loss of an attempt is told within a second of the kill, or the kill was of something else.
constexpr std::chrono::seconds kKillExplains{5};

}  // namespace

Governor::Governor(GovernorConfig config, const Clock& clock, const memory::MemoryView& view, Senses senses)
    : config_(config),
      clock_(clock),
      view_(view),
      senses_(std::move(senses)),
      routes_(config.peaks),
      // A worker and its successor may have a run each for a while.
      book_(2 * config.admission.max_concurrent + 1),
      saturation_(config.saturation, clock.steady(), config.restart_share),
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
          // What the runtime keeps; a trim wins what malloc keeps.
          .fragmented = worker.now.bands.runtime_held.value_or(Bytes()),
          .time_to_limit = routes_.time_to_limit(),
          .started_at = worker.now.started_at};
}

bool Governor::is_worth_stopping(const LedgerEntry& worker) const { return worker.held >= config_.recycling.min_gain; }

// With nothing running but one run: the server, that run's worker when it was fresh, and idle ones that stay.
Bytes Governor::least_used() const {
  auto sum =
      plus(view_.last && view_.last->own ? view_.last->own->anonymous : Bytes(), boot_.expected().value_or(Bytes()));
  for (const auto& worker : ledger_.entries()) {
    if (worker.now.phase == WorkerPhase::idle && !is_worth_stopping(worker)) sum = plus(sum, worker.held);
  }
  return sum;
}

Bytes Governor::reclaimable() const {
  Bytes sum;
  const auto* kept = ledger_.next_idle();
  for (const auto& worker : ledger_.entries()) {
    const bool leaves = worker.now.leaving || worker.now.phase == WorkerPhase::ending;
    if (leaves && worker.now.phase != WorkerPhase::busy) sum = plus(sum, worker.held);
    if (leaves || worker.now.phase != WorkerPhase::idle) continue;
    if (&worker != kept) {
      if (is_worth_stopping(worker)) sum = plus(sum, worker.held);
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
                                             .reclaimable = reclaimable,
                                             .idle_since = idle_wait_.since()});
}

// Who asks knows: a run that was to go there may have been taken back since the last tick.
LedgerEntry& Governor::idle_worker(const Ask& ask) {
  auto& worker = ledger_.at(ask.worker, ask.pid, clock_.steady());
  if (served_by(ask.pid) == 0) worker.now.phase = WorkerPhase::idle;
  return worker;
}

std::size_t Governor::served_by(int pid) const {
  return static_cast<std::size_t>(std::ranges::count_if(attempts_, [pid](const auto& known) {
    const auto attempt = known.lock();
    return attempt && attempt->hold && attempt->pid == pid;
  }));
}

// What its worker holds now is told to every run that it serves.
void Governor::tell_attempts(const LedgerEntry& worker) {
  const auto runs = served_by(worker.now.pid);
  for (const auto& known : attempts_) {
    const auto attempt = known.lock();
    if (attempt && attempt->hold && attempt->pid == worker.now.pid) attempt->saw(worker.held, runs);
  }
}

Governor::Verdict Governor::admit(const Ask& ask) {
  idle_worker(ask);
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

Governor::Verdict Governor::admit_newcomer(const Ask& ask) {
  if (head_waits_) return *head_waits_;
  const auto verdict = judge(ask, reclaimable());
  if (const auto* admitted = std::get_if<Admitted>(&verdict)) return start(ask, *admitted);
  const auto& waiting = std::get<Waiting>(verdict);
  if (config_.observe_only && waiting.reason != WaitReason::concurrency) {
    return start(ask, {waiting.needed, false, true});
  }
  return waiting;
}

std::shared_ptr<AttemptMemory> Governor::start(const Ask& ask, const Admitted& admitted) {
  const auto now = clock_.steady();
  auto& worker = idle_worker(ask);
  refresh(worker);
  if (served_by(ask.pid) == 0) {
    note_idle(worker);
  } else {
    tell_attempts(worker);
  }
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
                      .relief = head_waits_ ? Bytes(returned_ - returned_before_) : Bytes(),
                      .shared = served_by(ask.pid) > 0};
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
  if (senses_.wake) senses_.wake();
}

std::optional<Governor::MostRetained> Governor::most_retained(int worker) const {
  for (const auto& entry : ledger_.entries()) {
    if (entry.now.worker != worker || entry.most_retained <= 0) continue;
    return MostRetained{entry.most_telling_run, Bytes(static_cast<std::uint64_t>(entry.most_retained))};
  }
  return std::nullopt;
}

MemoryReceipt Governor::end(AttemptMemory& attempt, PeakKind kind) {
  const auto now = clock_.steady();
  if (auto* worker = ledger_.find(attempt.pid)) {
    const auto before = worker->held;
    now - attempt.started_at >= kFreshReading ? read(*worker) : refresh(*worker);
    tell_attempts(*worker);
    ++worker->runs;
    worker->floor_due = true;
    if (attempt.receipt.retained > worker->most_retained) {
      worker->most_retained = attempt.receipt.retained;
      worker->most_telling_run = attempt.run;
    }
    // What is decided before the next tick must see it so. One whose attempt was lost is on its way out.
    if (served_by(attempt.pid) <= 1) {
      worker->now.phase = kind == PeakKind::complete ? WorkerPhase::idle : WorkerPhase::ending;
    }
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
  count_kernel_kills();
  if (!view_.last || !view_.last->oom_kills || !*view_.last->oom_kills) return std::nullopt;
  if (unexplained_kills_ == 0) return false;
  --unexplained_kills_;
  return true;
}

void Governor::count_kernel_kills() {
  const auto now = clock_.steady();
  if (now - last_kill_at_ > kKillExplains) unexplained_kills_ = 0;
  if (!view_.last || !view_.last->oom_kills || !*view_.last->oom_kills) return;
  const auto count = **view_.last->oom_kills;
  const auto before = std::exchange(kernel_kills_, count).value_or(count);
  if (count <= before) return;
  unexplained_kills_ += count - before;
  last_kill_at_ = now;
  status_.kernel_kills += count - before;
  log::warning("memory.kernel_kill", {{"name", "EMERGENCY"}, {"kills", count - before}});
  note("kernel_kill", "{}");
}

void Governor::read(LedgerEntry& worker) {
  if (const auto held = senses_.read_worker(worker.now.pid)) {
    worker.held = *held;
    worker.read_at = clock_.steady();
  }
}

void Governor::refresh(LedgerEntry& worker) {
  if (worker.read_at == SteadyTime() || clock_.steady() - worker.read_at >= kFreshReading) read(worker);
}

// The worker has no run, and `held` was read since it has none.
void Governor::note_idle(LedgerEntry& worker) {
  if (worker.read_at == SteadyTime()) return;
  worker.floor = worker.held;
  if (!worker.fresh_floor) {
    worker.fresh_floor = worker.held;
    worker.detector.set_baseline(fragmentation_reading(worker));
    boot_.observe(worker.held);
    status_.boot = boot_.expected();
    if (worker.replaces) {
      if (const auto stop = history_.replaced(*worker.replaces, worker.held, clock_.steady())) {
        log::warning("memory.recycling_useless", {{"recycles", stop->recycles},
                                                  {"old_floor_bytes", stop->old_floor.count()},
                                                  {"new_floor_bytes", stop->new_floor.count()}});
        note("recycling_useless",
             json::serialize(json::object{{"reason", "a fresh worker holds as much as the one it replaced"},
                                          {"recycles", stop->recycles},
                                          {"old_floor", stop->old_floor.count()},
                                          {"new_floor", stop->new_floor.count()}}));
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

void Governor::refresh_status() {
  refreshed_at_ = clock_.steady();
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
