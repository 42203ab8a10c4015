// One attempt at a run, from an idle worker to an entry in the journal.
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <csignal>

#include "base/hook_point.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "runs/attempt_entries.hpp"
#include "runs/attempt_outcome.hpp"
#include "runs/coordinator.hpp"
#include "runs/stored_request.hpp"
#include "runs/time_spent.hpp"
#include "runs/worker_body.hpp"

namespace holdfast::runs {
namespace {

using journal::Append;
using journal::EntryKind;
using journal::is_terminal;

// How long a run waits when the journal could not record its start: a full disk is not freed faster.
constexpr std::chrono::milliseconds kJournalPause{1000};
// Of entries that hold 64 KB at most.
constexpr int kEntriesPerRead = 64;

constexpr std::string_view kTimeIsUp =
    "The attempts at the analysis together took longer than its time limit. Ask for less at once, or raise "
    "runs.deadline.";

// An attempt that was lost may have been lost by the run itself: the next one takes no other run with it.
workers::Company company_of(const Run& run) {
  return run.attempt > 0 ? workers::Company::alone : workers::Company::shared;
}

// Valid for as long as what is returned lives.
WorkerTokens::Hold pass_for(const Run& run, WorkerTokens* tokens, workers::Attempt& attempt) {
  if (tokens == nullptr || tokens->url().empty()) return {};
  auto hold = tokens->issue({.owner = run.owner, .thread_id = run.thread_id});
  attempt.token = hold.token();
  attempt.url = tokens->url();
  return hold;
}

void tell_memory(const governor::AttemptMemory& memory, workers::Attempt& attempt) {
  attempt.memory_level = to_string(memory.receipt.level_at_start);
  attempt.memory_reserved = memory.hold.reserved();
}

}  // namespace

std::string Coordinator::start_body(const workers::Slot& slot) const {
  json::object body{{"worker", slot.worker_index()}, {"pid", slot.worker_pid()}, {"instance", config_.instance}};
  return json::serialize(body);
}

// A worker is taken only once its run is allowed: one that is given back is announced as idle again.
std::optional<Coordinator::Place> Coordinator::take_idle(std::optional<governor::Governor::Verdict> verdict,
                                                         workers::Company company) {
  std::shared_ptr<governor::AttemptMemory> memory;
  if (verdict) {
    auto* admitted = std::get_if<std::shared_ptr<governor::AttemptMemory>>(&*verdict);
    if (!admitted) return std::nullopt;
    memory = std::move(*admitted);
  }
  auto slot = pool_.acquire(company);
  if (!slot) return std::nullopt;
  return Place{std::move(*slot), std::move(memory)};
}

std::optional<Coordinator::Place> Coordinator::place_for(const LiveRun& head) {
  const auto company = company_of(*head.run);
  const auto idle = resting_ ? std::nullopt : pool_.idle(company);
  if (!idle) return std::nullopt;
  if (!config_.governor) return take_idle(std::nullopt, company);
  return take_idle(config_.governor->admit({.route = head.run->route,
                                            .cut_short_at = head.cut_short_at,
                                            .given_up_before = head.given_up,
                                            .worker = idle->index,
                                            .pid = idle->pid}),
                   company);
}

// For a run of which nothing is known but its route, and which may wait without harm where it is.
std::optional<Coordinator::Place> Coordinator::place_for_newcomer(const std::string& route) {
  const auto idle = resting_ ? std::nullopt : pool_.idle();
  if (!idle) return std::nullopt;
  if (!config_.governor) return take_idle(std::nullopt);
  return take_idle(
      config_.governor->admit_newcomer({.route = route, .cut_short_at = {}, .worker = idle->index, .pid = idle->pid}));
}

void Coordinator::pump() {
  if (queue_.size() == 0 && config_.governor) config_.governor->nothing_waits();
  if (queue_.size() == 0 && more_to_claim_) claimable_.notify_all();
  while (!draining_ && queue_.size() > 0) {
    // Nobody overtakes the head: else small runs would keep a large one waiting for ever.
    auto place = place_for(*queue_.front());
    if (!place) return;
    auto live = queue_.pop();
    ++tasks_;
    // A task is copied into place, and a slot cannot be copied.
    auto shared_place = std::make_shared<Place>(std::move(*place));
    auto body = [this, live, shared_place] { return run_attempt(live, std::move(*shared_place)); };
    spawn(executor_, "attempt", live->add_task(), std::move(body));
  }
}

awaitable<void> Coordinator::run_attempt(LiveRunPtr live, Place place) {
  const bool readable = co_await can_read_request(live);
  if (!readable) {
    requeue(live, kJournalPause);
    co_return end_task();
  }
  const bool started = co_await start_attempt(live, start_body(place.slot));
  if (started) co_await work_on(live, std::move(place));
  end_task();
}

// The start is durable. The run may wait here all the same: we accepted it, and claimed it before it was taken up.
void Coordinator::work_on_started(Run run, Place place, std::optional<governor::ResultKey> key) {
  auto live = find_live(run.id);
  if (live) {
    leave_queue(run.id);
    update(*live, std::move(run));
  } else {
    live = take_up(std::move(run));
  }
  if (key) live->key = key;
  live->working_attempt = live->run->attempt;
  ++tasks_;
  // A task is copied into place, and a slot cannot be copied.
  auto shared_place = std::make_shared<Place>(std::move(place));
  auto body = [this, live, shared_place]() -> awaitable<void> {
    co_await work_on(live, std::move(*shared_place));
    end_task();
  };
  spawn(executor_, "started attempt", live->add_task(), std::move(body));
}

// What the attempt cost, and whether the kernel ended it for memory.
void Coordinator::end_memory(LiveRun& live, governor::AttemptMemory& memory,
                             Result<workers::DispatchOutcome>& outcome) {
  auto* lost = outcome ? std::get_if<workers::Lost>(&*outcome) : nullptr;
  const bool whole = outcome && !lost;
  live.receipt = config_.governor->end(memory, whole ? governor::PeakKind::complete : governor::PeakKind::cut_short);
  if (whole) return;
  live.cut_short_at = std::max(live.cut_short_at, memory.grown_at_most());
  if (!lost) return;
  if (lost->given_up) ++live.given_up;
  const bool killed = lost->exited && lost->exited->signal == SIGKILL && !lost->given_up;
  if (killed) lost->exited->by_kernel_for_memory = config_.governor->kernel_killed();
}

// The attempt is durable: give it to the worker, and write down how it ended.
awaitable<void> Coordinator::work_on(LiveRunPtr live, Place place) {
  HOLDFAST_HOOK_POINT("runs.after_started");
  const int number = live->run->attempt;
  live->working_attempt = number;
  if (!live->spent_known) co_await learn_time_spent(live);
  const bool still_ours = live->run->status == RunStatus::running && live->run->attempt == number;
  if (still_ours && live->spent >= config_.run_deadline) {
    auto end = settle_early(*live->run, EntryKind::expired, kTimeIsUp);
    const auto recorded = co_await record_end(live, std::move(end));
    if (!recorded)
      log::info("runs.end_refused", {{"run", live->run->id.text()}, {"error", recorded.error().message()}});
    live->working_attempt = 0;
    co_return;
  }
  const auto begun = clock_.steady();
  workers::Attempt attempt{.run_id = live->run->id.text(),
                           .number = number,
                           .route = live->run->route,
                           .body = {},
                           .verbatim = {},
                           .traceparent = live->run->traceparent,
                           .owner = live->run->owner,
                           .thread_id = live->run->thread_id,
                           .deadline = begun + (config_.run_deadline - live->spent)};
  auto filled = co_await fill_request(&attempt, live);
  if (!filled) co_return co_await settle_unfilled(live, std::move(filled).error());
  const auto pass = pass_for(*live->run, config_.tokens, attempt);
  if (place.memory) tell_memory(*place.memory, attempt);
  if (live->stopping) {
    live->working_attempt = 0;
    co_return;
  }
  workers::EventSink sink = [this, live, number](workers::WorkerEvent event) {
    return record_event(live, number, std::move(event));
  };
  if (place.memory) place.memory->retriable = may_be_repeated(*live->run);
  if (place.memory) config_.governor->begin(*place.memory, live->run->id.text());
  live->step = {};
  live->worker = place.slot.worker_index();
  live->memory = place.memory;
  auto outcome = co_await place.slot.dispatch(std::move(attempt), std::move(sink));
  live->worker = -1;
  live->memory = nullptr;
  if (place.memory) {
    end_memory(*live, *place.memory, outcome);
    pump();
  }
  live->spent += std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - begun);
  HOLDFAST_HOOK_POINT("runs.before_finished");

  // Somebody else's entry met our fence: a cancellation, or an instance that took the run over.
  if (!outcome && outcome.error().code() == ErrorCode::conflict) co_await refresh(live);
  const auto failures = static_cast<std::uint32_t>(number);
  const auto pause = backoff_delay(config_.retry.backoff, failures, random_uniform());
  // A run that was cancelled meanwhile is terminal already: the fence would refuse anything else.
  if (live->run->status == RunStatus::running && live->run->attempt == number) {
    if (auto end = settle(*live->run, outcome, config_.retry)) {
      if (end->to == RunStatus::queued && live->spent >= config_.run_deadline) {
        end = settle_early(*live->run, EntryKind::expired, kTimeIsUp);
      }
      if (end->to == RunStatus::queued) end->delay = pause;
      const auto recorded = co_await record_end(live, std::move(*end));
      if (!recorded)
        log::info("runs.end_refused", {{"run", live->run->id.text()}, {"error", recorded.error().message()}});
    }
  }
  HOLDFAST_HOOK_POINT("runs.after_finished");
  live->working_attempt = 0;
  if (live->run->status == RunStatus::queued && !live->stopping) requeue(live, pause);
}

// What the attempts cost that others made, or an earlier process. A journal that cannot be read is asked again at the
// next attempt.
awaitable<void> Coordinator::learn_time_spent(LiveRunPtr live) {
  TimeSpent spent;
  std::int64_t after = 0;
  bool more = live->run->attempt > 1;
  while (more) {
    const auto entries = co_await journal_.entries(live->run->id, after, kEntriesPerRead);
    if (!entries) co_return;
    for (const auto& entry : *entries) spent.add(entry);
    more = entries->size() == static_cast<std::size_t>(kEntriesPerRead);
    if (!entries->empty()) after = entries->back().seq;
  }
  live->spent += spent.total();
  live->spent_known = true;
}

// Takes over what the journal says of a run that is live here.
awaitable<void> Coordinator::refresh(LiveRunPtr live) {
  auto stored = co_await journal_.find(live->run->id);
  if (!stored || !*stored) co_return;
  auto& run = **stored;
  if (run.last_seq < live->run->last_seq) co_return;
  const bool elsewhere = run.status == RunStatus::running && run.lease_owner != config_.instance;
  const bool overtaken = live->working_attempt != 0 && run.status == RunStatus::queued;
  const bool ended = is_terminal(run.status) && !is_terminal(live->run->status);
  update(*live, std::move(run));
  if (elsewhere || overtaken) give_up(live);
  if (ended) {
    leave_queue(live->run->id);
    live->stop();
  }
}

// Another instance has the run now: whoever waits for it here follows it in the journal.
void Coordinator::give_up(LiveRunPtr live) {
  log::info("runs.taken_by_another", {{"run", live->run->id.text()}, {"instance", live->run->lease_owner}});
  leave_queue(live->run->id);
  live_.erase(live->run->id);
  share_answer(*live);
  live->stop();
  live->changed.notify_all();
}

// The start met the fence. The run was cancelled or started elsewhere before it was taken up, or we have claimed it
// ourselves; or an earlier start became durable although its acknowledgement was lost: then the attempt is lost too.
awaitable<void> Coordinator::resolve_start(LiveRunPtr live) {
  co_await refresh(live);
  const bool unattended = live->run->status == RunStatus::running && live->run->lease_owner == config_.instance &&
                          live->working_attempt != live->run->attempt;
  if (unattended) {
    auto orphan = settle_unsent(*live->run, config_.retry, std::string(kUnconfirmedStart));
    const auto recorded = co_await record_end(live, std::move(orphan));
    if (!recorded) log::warning("runs.start_unresolved", {{"error", recorded.error().message()}});
  }
  if (live->run->status == RunStatus::queued && !live->stopping) requeue(live, kJournalPause);
}

// False: it waits for another start, or somebody else has it.
awaitable<bool> Coordinator::start_attempt(LiveRunPtr live, std::string body) {
  Append append{.id = live->run->id,
                .from = RunStatus::queued,
                .attempt = live->run->attempt,
                .to = RunStatus::running,
                .kind = EntryKind::started,
                .body = std::move(body),
                .starts_attempt = true,
                .lease_owner = config_.instance,
                .known = live->run};
  const auto asked = clock_.steady();
  auto written = co_await journal_.append(std::move(append));
  live->journal_time += std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - asked);
  if (written) {
    update(*live, std::move(written->run));
  } else if (can_be_written_later(written.error())) {
    requeue(live, kJournalPause);
  } else {
    co_await resolve_start(live);
  }
  co_return written.has_value();
}

awaitable<Result<void>> Coordinator::fill_request(workers::Attempt* attempt, LiveRunPtr live) {
  if (auto stored = parse_stored_request(live->run->request)) {
    attempt->verbatim = workers::Verbatim{std::move(stored->head), config_.max_answer.count()};
    if (stored->kept) co_return co_await add_kept_body(attempt, live, std::move(*stored->kept));
    attempt->body = std::move(stored->body);
    co_return Result<void>{};
  }
  attempt->body = co_await body_for_worker(*live);
  if (attempt->body == live->run->request) live->plain_attempt = attempt->number;
  co_return Result<void>{};
}

// No worker has seen it.
awaitable<void> Coordinator::settle_unfilled(LiveRunPtr live, Error why) {
  const auto pause =
      backoff_delay(config_.retry.backoff, static_cast<std::uint32_t>(live->run->attempt), random_uniform());
  // It may have been cancelled while its request was read.
  if (live->run->status == RunStatus::running && live->run->attempt == live->working_attempt) {
    auto end = can_be_written_later(why) ? settle_unsent(*live->run, config_.retry, why.message())
                                         : settle_unreadable(*live->run, why.message());
    if (end.to == RunStatus::queued) end.delay = pause;
    const auto recorded = co_await record_end(live, std::move(end));
    if (!recorded)
      log::info("runs.end_refused", {{"run", live->run->id.text()}, {"error", recorded.error().message()}});
  }
  live->working_attempt = 0;
  if (live->run->status == RunStatus::queued && !live->stopping) requeue(live, pause);
}

// Neither checkpoint nor history is needed to answer: without them the worker starts over, or without context.
awaitable<std::string> Coordinator::body_for_worker(const LiveRun& live) {
  std::optional<journal::Checkpoint> checkpoint;
  if (live.run->attempt > 1) {
    auto stored = co_await journal_.checkpoint(live.run->id);
    if (stored) checkpoint = std::move(*stored);
  }
  std::vector<Run> thread;
  if (config_.send_history) {
    auto earlier = co_await journal_.thread_runs(live.run->owner, live.run->thread_id, kHistoryRuns + 1);
    if (earlier) thread = std::move(*earlier);
  }
  co_return worker_body(*live.run, checkpoint, thread);
}

void Coordinator::requeue(LiveRunPtr live, std::chrono::milliseconds delay) {
  ++tasks_;
  auto body = [this, live, delay]() -> awaitable<void> {
    co_await sleep_until(clock_.steady() + delay);
    // A run keeps its turn: it waited before those that came after it.
    if (live->run->status == RunStatus::queued && !live->stopping) {
      queue_.push_front(live);
      pump();
    }
    end_task();
  };
  spawn(executor_, "wait before the next attempt", live->add_task(), std::move(body));
}

}  // namespace holdfast::runs
