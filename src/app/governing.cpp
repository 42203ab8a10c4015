#include "app/governing.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <utility>

#include "app/profile/native_profile.hpp"
#include "base/json.hpp"
#include "base/log.hpp"

namespace holdfast::app {
namespace {

using governor::WorkerPhase;
using governor::WorkerSighting;

// A look takes 0.2 ms with 8 workers: not one for each of thousands of runs a second.
constexpr std::chrono::milliseconds kBetweenTicks{10};

WorkerPhase phase_of(std::string_view state) {
  if (state == "idle") return WorkerPhase::idle;
  if (state == "busy") return WorkerPhase::busy;
  return state == "starting" ? WorkerPhase::starting : WorkerPhase::ending;
}

memory::BandReport bands_of(const std::optional<memory::AgentFigures>& figures) {
  return figures ? memory::to_band_report(*figures) : memory::BandReport();
}

void add_reading(WorkerSighting& sighting, const memory::MemoryView& view) {
  if (!view.last) return;
  for (const auto& worker : view.last->workers) {
    if (!worker || worker->pid != sighting.pid) continue;
    sighting.held = worker->resident;
    sighting.file = worker->file;
    sighting.vm_size = worker->vm_size;
  }
}

std::vector<int> parked_places(const workers::PoolStatus& pool) {
  std::vector<int> places;
  for (const auto& worker : pool.workers) {
    if (worker.state == "parked" && worker.pid == 0) places.push_back(worker.index);
  }
  return places;
}

std::string evidence_of(const governor::Preemption& victim) {
  return json::serialize(json::object{{"cause", to_string(victim.cause)},
                                      {"grown_bytes", victim.grown.count()},
                                      {"worker_bytes", victim.worker_held.count()},
                                      {"used_bytes", victim.used.count()},
                                      {"limit_bytes", victim.limit.count()},
                                      {"expected_bytes", victim.expected.count()}});
}

void log_walk(const governor::WalkReport& report) {
  if (!report.acted() && !report.observe_only) return;
  const auto level = report.level == memory::Level::emergency ? log::Level::warning : log::Level::info;
  const auto bytes = [](const std::optional<Bytes>& size) { return size ? size->count() : 0; };
  const auto name = report.level == memory::Level::emergency ? "EMERGENCY" : "MEMORY LEAK PREVENTION";
  const auto line =
      log::format_line(report.observe_only ? "memory.would_relieve" : "memory.relieved",
                       {{"name", name},
                        {"cause", to_string(report.cause)},
                        {"level", memory::to_string(report.level)},
                        {"before_bytes", bytes(report.before)},
                        {"after_bytes", bytes(report.after)},
                        {"pause_ms", std::chrono::duration_cast<std::chrono::milliseconds>(report.pause).count()}});
  if (log::enabled(level)) log::write(level, line);
}

}  // namespace

std::vector<WorkerSighting> sightings(const workers::PoolStatus& pool, const memory::MemoryView& view) {
  std::vector<WorkerSighting> all;
  for (const auto& worker : pool.workers) {
    if (worker.pid != 0) {
      all.push_back({.worker = worker.index,
                     .pid = worker.pid,
                     .phase = phase_of(worker.state),
                     .leaving = worker.retiring || worker.successor_pid != 0,
                     .started_at = worker.started_at,
                     .bands = bands_of(worker.agent)});
    }
    if (worker.successor_pid != 0) {
      const auto phase = !worker.successor_run_id.empty() ? WorkerPhase::busy
                         : worker.successor_ready         ? WorkerPhase::idle
                                                          : WorkerPhase::starting;
      all.push_back({.worker = worker.index,
                     .pid = worker.successor_pid,
                     .phase = phase,
                     .leaving = false,
                     .started_at = worker.successor_started_at,
                     .bands = bands_of(worker.successor_agent)});
    }
  }
  for (auto& sighting : all) add_reading(sighting, view);
  return all;
}

std::vector<int> pids_of(const workers::PoolStatus& pool) {
  std::vector<int> pids;
  for (const auto& worker : pool.workers) {
    if (worker.pid != 0) pids.push_back(worker.pid);
    if (worker.successor_pid != 0) pids.push_back(worker.successor_pid);
  }
  return pids;
}

Governing::Governing(const asio::any_io_executor& executor, const Clock& clock, GoverningConfig config, Parts parts)
    : executor_(executor),
      clock_(clock),
      config_(config),
      parts_(std::move(parts)),
      governor_(config.governor, clock, parts_.view, parts_.senses) {}

void Governing::set_actions(std::vector<std::unique_ptr<governor::ReliefAction>> actions) {
  auto read_used = [this]() -> Result<Bytes> {
    parts_.senses.look();
    const auto& last = parts_.view.last;
    if (!last) return fail(ErrorCode::unavailable, "memory was not read yet");
    if (!last->usage) return std::unexpected(last->usage.error());
    return last->usage->used;
  };
  std::vector<std::string_view> names;
  for (const auto& action : actions) names.push_back(action->name());
  governor_.set_relief_actions(names);
  ladder_ = std::make_unique<governor::ReliefLadder>(executor_, clock_, config_.ladder, std::move(read_used),
                                                     std::move(actions));
}

bool Governing::on_tick(const std::optional<memory::LevelChange>& change) {
  const auto pool = parts_.pool.status();
  const auto workers = sightings(pool, parts_.view);
  const auto parked = parked_places(pool);
  const auto walked = ladder_->last();
  const auto orders = governor_.tick({.workers = workers,
                                      .parked = parked,
                                      .waiting = parts_.waiting(),
                                      .level_change = change,
                                      .relief_ended_at = walked ? std::optional(walked->ended_at) : std::nullopt});
  obey(orders);
  parts_.pump();
  return at_rest(pool);
}

// Who passes requests through now and then is told by the connections that are kept for the next.
bool Governing::at_rest(const workers::PoolStatus& pool) const {
  const bool quiet = std::ranges::all_of(pool.workers, [](const workers::WorkerStatus& worker) {
    return (worker.state == "idle" || worker.state == "parked") && !worker.retiring && worker.successor_pid == 0;
  });
  return quiet && pool.kept == 0 && parts_.waiting() == 0 && !governor_.any_runs() && !ladder_->under_way() &&
         parts_.view.level == memory::Level::normal;
}

void Governing::on_change() {
  parts_.pump();
  if (!governor_.waits_for_memory() || reconsiders_soon_) return;
  const auto next = reconsidered_at_ + kBetweenTicks;
  if (clock_.steady() >= next) return reconsider();
  reconsiders_soon_ = true;
  spawn(executor_, "reconsider", [this, next]() -> awaitable<void> {
    co_await sleep_until(next);
    reconsiders_soon_ = false;
    if (governor_.waits_for_memory()) reconsider();
  });
}

void Governing::reconsider() {
  reconsidered_at_ = clock_.steady();
  parts_.senses.look();
  parts_.pump();
  const auto pool = parts_.pool.status();
  const auto workers = sightings(pool, parts_.view);
  const auto parked = parked_places(pool);
  carry_out(governor_.reconsider(
      {.workers = workers, .parked = parked, .waiting = parts_.waiting(), .level_change = {}, .relief_ended_at = {}}));
}

void Governing::obey(const governor::Governor::Orders& orders) {
  if (orders.give_up) give_up(*orders.give_up);
  carry_out(orders);
  if (!orders.relieve) ladder_->no_need();
  if (orders.relieve && !ladder_->under_way() && ladder_->is_due(*orders.relieve)) {
    spawn(executor_, "relieve memory", [this, request = *orders.relieve]() -> awaitable<void> {
      const auto walked = co_await walk(request);
      if (!walked) log::debug("memory.relief_stopped", {{"error", walked.error().message()}});
    });
  }
  if (orders.supervisor == governor::SaturationAction::recommend_restart) {
    note(journal::incident_kind::kRestartRecommended, {{"reason", "memory stays critical with fresh workers"}});
    log::warning("memory.restart_recommended", {{"name", "MEMORY LEAK PREVENTION"},
                                                {"why", "memory stays critical although every worker was replaced"},
                                                {"next", "raise memory.limit, or lower runs.max_concurrent"}});
  }
  if (orders.supervisor == governor::SaturationAction::restart) {
    log::warning("memory.restarting", {{"name", "MEMORY LEAK PREVENTION"}, {"why", "memory stays critical"}});
    parts_.restart();
  }
}

// Of workers.
void Governing::carry_out(const governor::Governor::Orders& orders) {
  for (const auto& replacement : orders.replace) replace(replacement);
  for (const int place : orders.start) parts_.pool.unpark(place);
}

void Governing::give_up(const governor::Preemption& victim) {
  const auto evidence = evidence_of(victim);
  const bool counts = victim.cause == governor::PreemptionCause::exceeds_limit;
  if (!parts_.pool.give_up_run(victim.run.text(), {evidence, counts})) return governor_.spared(victim.run);
  note(journal::incident_kind::kRunPreempted, {{"run_id", victim.run.text()},
                                               {"worker", victim.worker},
                                               {"growth", victim.grown.count()},
                                               {"cause", to_string(victim.cause)}});
  log::warning("memory.run_given_up", {{"name", "EMERGENCY"}, {"run", victim.run.text()}, {"evidence", evidence}});
}

// Only what has kept so much is worth a look into.
constexpr Bytes kWorthALook{std::uint64_t{16} << 20U};
constexpr std::chrono::milliseconds kProfilePatience{10'000};

void Governing::replace(const governor::Governor::Replacement& replacement) {
  if (profiling_.contains(replacement.worker) || profile_first(replacement)) return;
  carry_out(replacement);
}

// True: the worker is asked which code holds its memory, and is replaced after that.
bool Governing::profile_first(const governor::Governor::Replacement& replacement) {
  const auto retained = governor_.most_retained(replacement.worker);
  const auto now = clock_.steady();
  if (!parts_.profiles || !retained || retained->bytes < kWorthALook) return false;
  if (!parts_.profiles->is_worth(retained->bytes, now)) return false;
  auto slot = parts_.pool.acquire_worker(replacement.worker);
  if (!slot || !slot->agent() || slot->agent()->profile_path().empty()) return false;
  parts_.profiles->begin(now);
  profiling_.insert(replacement.worker);
  // A task is copied into place, and a slot cannot be copied.
  auto shared = std::make_shared<workers::Slot>(std::move(*slot));
  spawn(executor_, "heap profile", [this, shared, retained, replacement]() -> awaitable<void> {
    co_await profile(std::move(*shared), *retained);
    profiling_.erase(replacement.worker);
    carry_out(replacement);
  });
  return true;
}

awaitable<void> Governing::profile(workers::Slot slot, governor::Governor::MostRetained retained) {
  const auto agent = slot.agent();
  const auto deadline = clock_.steady() + kProfilePatience;
  const auto answer = co_await workers::AgentLink::ask(agent, agent::kProfile, deadline);
  const auto run = RunId::parse(retained.run);
  const auto figures = agent->figures(clock_.steady());
  if (!answer || answer->status != agent::kDone || !run) {
    std::string why = answer ? "the worker could not take it" : answer.error().message();
    const bool is_unable = answer && answer->status == agent::kUnsupported && figures;
    if (is_unable) why = why_no_profile(*figures, agent->is_sampling());
    log::info("memory.no_heap_profile", {{"run", retained.run}, {"worker", slot.worker_index()}, {"why", why}});
    if (run) parts_.profiles->miss(*run, std::move(why));
    co_return;
  }
  if (figures && figures->runtime == agent::kNoRuntime) {
    NativeDump dump{figures->pid, agent->profile_path(), slot.account()};
    const auto named = co_await name_stacks(std::move(dump));
    if (!named) {
      log::warning("memory.heap_profile_unnamed", {{"run", retained.run}, {"error", named.error().message()}});
    }
  }
  const auto kept = parts_.profiles->keep(*run, retained.bytes, agent->profile_path());
  if (kept) {
    log::info("memory.heap_profile", {{"run", retained.run}, {"see", "holdfast profile " + retained.run}});
  } else {
    log::warning("memory.heap_profile_lost", {{"run", retained.run}, {"error", kept.error().message()}});
  }
}

void Governing::carry_out(const governor::Governor::Replacement& replacement) {
  const auto& decision = replacement.decision;
  log::info("memory.recycling", {{"name", "MEMORY LEAK PREVENTION"},
                                 {"worker", replacement.worker},
                                 {"reason", to_string(decision.reason)},
                                 {"mode", to_string(decision.mode)},
                                 {"winnable_bytes", decision.winnable.count()}});
  note(journal::incident_kind::kWorkerRecycled, {{"worker", replacement.worker},
                                                 {"reason", to_string(decision.reason)},
                                                 {"mode", to_string(decision.mode)},
                                                 {"freed", decision.winnable.count()}});
  if (decision.mode == governor::RecycleMode::retire) return parts_.pool.park(replacement.worker);
  parts_.pool.recycle(replacement.worker, decision.mode == governor::RecycleMode::overlap);
}

awaitable<Result<governor::WalkReport>> Governing::walk(governor::WalkRequest request) {
  auto report = co_await ladder_->walk(request);
  if (report && !report->joined && report->end != governor::WalkEnd::too_soon) {
    governor_.relieved(*report);
    log_walk(*report);
    note_walk(*report);
  }
  parts_.pump();
  co_return report;
}

void Governing::note_walk(const governor::WalkReport& report) {
  if (!report.acted()) return;
  json::array actions;
  for (const auto& step : report.steps) {
    if (step.end != governor::StepEnd::skipped && step.end != governor::StepEnd::nothing_to_do) {
      actions.emplace_back(step.name);
    }
  }
  note(journal::incident_kind::kReliefWalked,
       {{"level", memory::to_string(report.level)},
        {"actions", std::move(actions)},
        {"freed", report.returned().count()},
        {"took_ms", std::chrono::duration_cast<std::chrono::milliseconds>(report.pause).count()}});
}

void Governing::note(std::string_view kind, const json::object& body) {
  if (parts_.senses.note) parts_.senses.note(kind, json::serialize(body));
}

awaitable<Result<governor::WalkReport>> Governing::relieve() {
  return walk(governor::WalkRequest::manual(parts_.view.level));
}

}  // namespace holdfast::app
