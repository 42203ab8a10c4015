#include "runs/coordinator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/hook_point.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "runs/attempt_outcome.hpp"
#include "runs/same_request.hpp"
#include "runs/stored_request.hpp"

namespace holdfast::runs {
namespace {

using journal::EntryKind;
using journal::is_terminal;

std::unexpected<Error> no_such_run() { return fail(ErrorCode::not_found, "there is no such run"); }

bool asks_for_the_same(const Run& run, const Submission& submission) {
  return run.owner == submission.owner && run.thread_id == submission.thread_id &&
         (is_stored_request(run.request) ? same_stored_request(run.request, submission.request)
                                         : same_request(run.request, submission.request));
}

}  // namespace

Coordinator::Coordinator(asio::any_io_executor executor, journal::Journal& journal, workers::Pool& pool,
                         const Clock& clock, CoordinatorConfig config)
    : executor_(std::move(executor)),
      journal_(journal),
      pool_(pool),
      clock_(clock),
      config_(std::move(config)),
      answers_(config_.cache),
      idle_(executor_),
      claimable_(executor_) {}

Coordinator::~Coordinator() = default;

awaitable<Result<int>> Coordinator::recover() {
  auto unfinished = co_await journal_.unfinished();
  if (!unfinished) co_return fail(std::move(unfinished), "recover runs");
  const auto alive_until = co_await last_alive(config_.instance);
  int recovered = 0;
  for (auto& run : *unfinished) {
    // Nobody else has our instance id, and its earlier process is dead: the data directory's lock proves it.
    const bool ours = !journal_.shared() || run.lease_owner == config_.instance;
    if (run.status == RunStatus::running && !ours) continue;
    if (run.status == RunStatus::running) {
      auto orphan = settle_orphan(run, config_.retry, "Holdfast stopped while the analysis was running", alive_until);
      auto written = co_await journal_.append(std::move(orphan));
      if (!written) co_return fail(std::move(written), "recover run " + run.id.text());
      run = std::move(written->run);
    }
    ++recovered;
    log::info("runs.recovered", {{"run", run.id.text()}, {"status", to_string(run.status)}, {"attempt", run.attempt}});
    if (!is_terminal(run.status)) queue_.push_back(take_up(std::move(run)));
  }
  auto forgotten = co_await forget_unclaimed_bodies();
  if (!forgotten) log::warning("runs.bodies_left", {{"error", forgotten.error().message()}});
  start_task("expire waiting runs", [this] { return expire_waiting(); });
  start_task("watch runs of others", [this] { return watch_others(); });
  if (journal_.shared()) {
    journal_.on_change([this](const journal::Change& change) { note_change(change); });
    start_task("hold the lease", [this] { return hold_lease(); });
    start_task("watch for orphans", [this] { return watch_orphans(); });
    start_task("claim waiting runs", [this] { return claim_waiting(); });
  } else {
    start_task("show that we are alive", [this] { return show_life(); });
  }
  pump();
  co_return recovered;
}

void Coordinator::start_task(std::string_view name, std::function<awaitable<void>()> body) {
  ++tasks_;
  auto& stop = stop_tasks_.emplace_back();
  spawn(executor_, name, stop, [this, body = std::move(body)]() -> awaitable<void> {
    co_await body();
    end_task();
  });
}

awaitable<Result<Accepted>> Coordinator::submit(Submission submission) {
  if (draining_) co_return fail(ErrorCode::unavailable, "Holdfast is stopping; nothing was started, try again");
  auto id = submission.id ? *submission.id : RunId::make();
  journal::Accept accept{.run = Run{.id = id,
                                    .owner = submission.owner,
                                    .thread_id = submission.thread_id,
                                    .prompt = submission.prompt,
                                    .route = submission.route.empty() ? config_.route : submission.route,
                                    .request = submission.request,
                                    .traceparent = submission.traceparent}};
  const auto key = co_await key_for_sharing(submission, accept.run);
  if (queue_.size() + flights_.size() + accepting_ >= config_.queue_limit) {
    auto existing = co_await journal_.find(id);
    if (!existing) co_return fail(std::move(existing), "look up the run");
    if (*existing) co_return co_await join(std::move(**existing), submission);
    co_return fail(ErrorCode::resource_exhausted,
                   fmt::format("{} runs wait already (runs.queue_limit); nothing was started, try again later",
                               config_.queue_limit));
  }
  auto sharing = look_for_answer(key, id);
  // Nobody is overtaken: whoever waits is given an idle worker at once.
  auto place = sharing.needs_worker() && queue_.size() == 0 ? place_for_newcomer(accept.run.route) : std::nullopt;
  if (place) accept.start = journal::FirstStart{config_.instance, start_body(place->slot)};
  if (sharing.answer) accept.start = journal::FirstStart{config_.instance, shared_start_body(*sharing.answer)};
  ++accepting_;
  auto written = co_await journal_.accept(std::move(accept));
  --accepting_;
  if (sharing.key && sharing.leads && (!written || !written->changed)) land(*sharing.key, id, Next::one_by_one);
  if (!written) co_return fail(std::move(written), "accept the run; nothing was started");
  HOLDFAST_HOOK_POINT("runs.after_accepted");
  if (!written->changed) co_return co_await join(std::move(written->run), submission);
  if (written->run.status == RunStatus::running) {
    Accepted accepted{written->run};
    // While we stop it is left as what a drain cuts off: the next start, or another instance, takes it up.
    if (draining_) co_return accepted;
    if (place) {
      work_on_started(std::move(written->run), std::move(*place), sharing.key);
    } else {
      begin(take_up(std::move(written->run)), std::move(sharing));
    }
    co_return accepted;
  }
  // Between the commit and now we may have claimed it ourselves.
  if (const auto claimed = find_live(id)) {
    claimed->key = sharing.key;
    co_return Accepted{*claimed->run};
  }
  auto live = take_up(std::move(written->run));
  Accepted accepted{*live->run};
  begin(std::move(live), std::move(sharing));
  co_return accepted;
}

awaitable<Result<Accepted>> Coordinator::join(Run existing, const Submission& submission) {
  // Nothing of it is told; that the id is taken cannot be hidden from whoever wants to take it.
  if (existing.owner != submission.owner) co_return no_such_run();
  // What it asked for is no longer known: it is told, never executed again.
  if (existing.retired_at) co_return Accepted{std::move(existing), true};
  if (!asks_for_the_same(existing, submission)) {
    co_return fail(ErrorCode::failed_precondition,
                   "this run id is in use for another request; choose a new run id for a new question");
  }
  if (is_terminal(existing.status)) co_return Accepted{std::move(existing), true};
  auto live = find_live(existing.id);
  const bool ours = !journal_.shared() || existing.lease_owner == config_.instance;
  if (!live && existing.status == RunStatus::running && ours) {
    // Its start is durable, but the acknowledgement was lost, and no worker has seen it.
    auto orphan = settle_unsent(existing, config_.retry, std::string(kUnconfirmedStart));
    auto written = co_await journal_.append(std::move(orphan));
    if (written) existing = std::move(written->run);
    live = find_live(existing.id);
  }
  if (!live && existing.status == RunStatus::queued) {
    // Accepted, but the acknowledgement of the commit was lost: nobody has taken it up.
    live = take_up(std::move(existing));
    queue_.push_back(live);
    pump();
  }
  // The live state is at least as new as what was read.
  co_return Accepted{live ? *live->run : std::move(existing), true};
}

awaitable<Result<Run>> Coordinator::find_live_or_stored(const std::string& owner, const RunId& id) {
  if (const auto live = find_live(id)) {
    if (live->run->owner != owner) co_return no_such_run();
    co_return *live->run;
  }
  auto stored = co_await journal_.find(id);
  if (!stored) co_return fail(std::move(stored), "look up the run");
  if (!*stored || (*stored)->owner != owner) co_return no_such_run();
  co_return std::move(**stored);
}

awaitable<Result<Run>> Coordinator::find(std::string owner, RunId id) {
  co_return co_await find_live_or_stored(owner, id);
}

awaitable<Result<Run>> Coordinator::wait_past(std::string owner, RunId id, std::int64_t seen_seq, SteadyTime deadline) {
  return wait_until(std::move(owner), std::move(id), seen_seq, deadline);
}

awaitable<Result<Run>> Coordinator::wait_terminal(std::string owner, RunId id, SteadyTime deadline) {
  return wait_until(std::move(owner), std::move(id), std::numeric_limits<std::int64_t>::max(), deadline);
}

awaitable<Result<Run>> Coordinator::wait_until(std::string owner, RunId id, std::int64_t seen_seq,
                                               SteadyTime deadline) {
  const auto is_news = [seen_seq](const Run& run) { return is_terminal(run.status) || run.last_seq > seen_seq; };
  for (;;) {
    if (const auto live = find_live(id)) {
      if (live->run->owner != owner) co_return no_such_run();
      if (is_news(*live->run)) co_return *live->run;
      const auto wake = co_await live->changed.wait_until(deadline);
      if (wake != Wake::notified || is_news(*live->run)) co_return *live->run;
      continue;
    }
    auto stored = co_await find_live_or_stored(owner, id);
    if (!stored || is_news(*stored)) co_return stored;
    if (find_live(id)) continue;
    const auto wake = co_await watched(*stored, deadline);
    if (wake != Wake::notified) co_return stored;
  }
}

awaitable<Result<std::vector<Entry>>> Coordinator::entries(RunId id, std::int64_t after_seq, int limit) {
  return journal_.entries(std::move(id), after_seq, limit);
}

awaitable<Result<Run>> Coordinator::cancel(std::string owner, RunId id) {
  for (;;) {
    auto run = co_await find_live_or_stored(owner, id);
    if (!run) co_return run;
    if (is_terminal(run->status)) {
      co_return fail(ErrorCode::failed_precondition, fmt::format("the run is {} already", to_string(run->status)));
    }
    const auto live = find_live(id);
    auto append = settle_early(*run, EntryKind::cancelled, "The analysis was cancelled on request.");
    if (live) append.known = live->run;
    auto written = co_await journal_.append(std::move(append));
    // A conflict means that the run moved on meanwhile: look again.
    if (!written && written.error().code() == ErrorCode::conflict) continue;
    if (!written) co_return fail(std::move(written), "cancel the run");
    // Not live while its acceptance is still on the way back: its start will meet the fence.
    if (!live) co_return std::move(written->run);
    leave_queue(id);
    update(*live, std::move(written->run));
    live->stop();
    co_return *live->run;
  }
}

awaitable<Result<void>> Coordinator::acknowledge(std::string owner, RunId id) {
  auto run = co_await find_live_or_stored(owner, id);
  if (!run) co_return fail(std::move(run));
  if (!is_terminal(run->status)) {
    co_return fail(ErrorCode::failed_precondition,
                   "the run has not finished; acknowledge it when its answer was shown");
  }
  auto written = co_await journal_.deliver(std::move(id));
  if (!written) co_return fail(std::move(written), "acknowledge the run");
  ends_.delivered(written->run.id, written->run.delivered_at.value_or(clock_.wall()));
  co_return Result<void>{};
}

awaitable<Result<std::vector<Run>>> Coordinator::list(RunFilter filter) { return journal_.list(std::move(filter)); }

awaitable<Result<std::vector<Run>>> Coordinator::thread_runs(std::string owner, std::string thread_id, int limit) {
  return journal_.thread_runs(std::move(owner), std::move(thread_id), limit);
}

awaitable<Result<ThreadPage>> Coordinator::threads(std::string owner, int offset, int limit) {
  return journal_.threads(std::move(owner), offset, limit);
}

CoordinatorStatus Coordinator::status() const {
  auto status = counts_;
  status.queued = 0;
  status.running = 0;
  for (const auto& [id, live] : live_) ++(live->run->status == RunStatus::running ? status.running : status.queued);
  return status;
}

Coordinator::LiveRunPtr Coordinator::find_live(const RunId& id) const {
  const auto found = live_.find(id);
  return found == live_.end() ? nullptr : found->second;
}

Coordinator::LiveRunPtr Coordinator::take_up(Run run) {
  auto live = std::make_shared<LiveRun>(executor_, std::move(run), clock_.steady());
  live_.emplace(live->run->id, live);
  return live;
}

void Coordinator::update(LiveRun& live, Run run) {
  const bool ended = is_terminal(live.run->status);
  live.run = std::make_shared<const Run>(std::move(run));
  if (!ended && is_terminal(live.run->status)) end_run(live);
  live.changed.notify_all();
}

void Coordinator::end_run(LiveRun& live) {
  switch (live.run->status) {
    case RunStatus::completed: ++counts_.completed; break;
    case RunStatus::failed: ++counts_.failed; break;
    case RunStatus::cancelled: ++counts_.cancelled; break;
    case RunStatus::expired: ++counts_.expired; break;
    case RunStatus::queued:
    case RunStatus::running: return;
  }
  note_end(live);
  live_.erase(live.run->id);
  share_answer(live);
}

awaitable<void> Coordinator::expire_waiting() {
  // A second late is soon enough for a limit of an hour.
  constexpr std::chrono::seconds kSweepInterval{1};
  bool awake = true;
  while (awake && !draining_) {
    const auto oldest_allowed = clock_.steady() - config_.queue_deadline;
    auto overdue = queue_.waiting();
    std::ranges::copy(flights_.waiting(), std::back_inserter(overdue));
    std::erase_if(overdue, [&](const auto& live) { return live->waiting_since > oldest_allowed; });
    for (const auto& live : overdue) {
      leave_queue(live->run->id);
      auto expired = settle_early(*live->run, EntryKind::expired,
                                  "The analysis waited for a worker longer than runs.queue_deadline allows.");
      auto recorded = co_await record_end(live, std::move(expired));
      if (!recorded) log::warning("runs.expiry_failed", {{"error", recorded.error().message()}});
    }
    awake = co_await sleep_until(clock_.steady() + kSweepInterval);
  }
}

awaitable<void> Coordinator::rest(SteadyTime deadline) {
  constexpr std::chrono::milliseconds kLook{20};
  resting_ = true;
  bool awake = true;
  while (awake && status().running > 0 && clock_.steady() < deadline) {
    const auto next = std::min(deadline, clock_.steady() + kLook);
    awake = co_await sleep_until(next);
  }
}

awaitable<void> Coordinator::drain(SteadyTime deadline) {
  draining_ = true;
  for (auto& stop : stop_tasks_) stop.emit(asio::cancellation_type::terminal);
  stop_runs(RunStatus::queued);
  while (tasks_ > 0) {
    const auto wake = co_await idle_.wait_until(deadline);
    if (wake != Wake::notified) break;
  }
  stop_runs(RunStatus::running);
  // What was cut off ends as soon as the journal has answered.
  while (tasks_ > 0) {
    const auto wake = co_await idle_.wait_until(SteadyTime::max());
    if (wake == Wake::cancelled) break;
  }
  if (!journal_.shared()) co_return;
  // What was cut off is free for the others at once.
  const auto ended = co_await journal_.end_lease(config_.instance);
  if (!ended) log::warning("runs.lease_not_ended", {{"error", ended.error().message()}});
}

void Coordinator::stop_runs(RunStatus status) {
  // A stopped run may leave live_ at once, so the list is made first.
  std::vector<LiveRunPtr> stopped;
  for (const auto& [id, live] : live_) {
    if (live->run->status == status) stopped.push_back(live);
  }
  for (const auto& live : stopped) live->stop();
}

void Coordinator::end_task() {
  if (--tasks_ == 0) idle_.notify_all();
}

}  // namespace holdfast::runs
