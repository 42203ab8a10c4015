// Runs that are given the answer of another one: of a run that has finished, or of one that is under way.
#include <boost/json/serialize.hpp>

#include "base/check.hpp"
#include "base/json.hpp"
#include "base/log.hpp"
#include "runs/attempt_outcome.hpp"
#include "runs/coordinator.hpp"
#include "runs/worker_body.hpp"

namespace holdfast::runs {

// Absent: the run has to do with itself alone. Of the earlier turns of its thread a worker may be told, and their
// answers are not part of the key.
awaitable<std::optional<governor::ResultKey>> Coordinator::key_for_sharing(const Submission& submission,
                                                                           const Run& run) {
  const bool may_share = submission.route.empty() && !submission.anew;
  auto key = may_share ? answers_.key_of(run) : std::nullopt;
  if (!key) co_return std::nullopt;
  auto thread = co_await journal_.thread_runs(run.owner, run.thread_id, kHistoryRuns + 1);
  if (!thread || has_history(*thread)) co_return std::nullopt;
  co_return key;
}

Coordinator::Sharing Coordinator::look_for_answer(const std::optional<governor::ResultKey>& key, const RunId& id) {
  // Submitted once more.
  if (!key || find_live(id)) return {};
  auto answer = answers_.find(*key);
  const bool leads = !answer && flights_.begin(*key, id);
  return {key, std::move(answer), leads};
}

std::string Coordinator::shared_start_body(const SharedAnswer& answer) const {
  return json::serialize(json::object{{"instance", config_.instance}, {"cached_from", answer.from()}});
}

void Coordinator::begin(LiveRunPtr live, Sharing sharing) {
  live->key = sharing.key;
  if (sharing.answer) return answer_from(std::move(live), std::move(*sharing.answer));
  if (sharing.key && !sharing.leads) {
    const auto& key = *sharing.key;
    if (flights_.follow(key, live)) return;
    // Whom it was to follow is over meanwhile.
    if (auto answer = answers_.find(key)) return answer_from(std::move(live), std::move(*answer));
    flights_.begin(key, live->run->id);
  }
  queue_.push_back(std::move(live));
  pump();
}

void Coordinator::answer_from(LiveRunPtr live, SharedAnswer answer) {
  ++tasks_;
  auto body = [this, live, answer = std::move(answer)]() -> awaitable<void> {
    co_await give_answer(live, answer);
    end_task();
  };
  spawn(executor_, "answer from another run", live->add_task(), std::move(body));
}

// An attempt like any other, but for the worker.
awaitable<void> Coordinator::give_answer(LiveRunPtr live, SharedAnswer answer) {
  if (live->run->status == RunStatus::queued) {
    const bool started = co_await start_attempt(live, shared_start_body(answer));
    if (!started) co_return;
  }
  if (live->run->status != RunStatus::running) co_return;
  live->working_attempt = live->run->attempt;
  live->answered_by = answer.from();
  const Result<workers::DispatchOutcome> outcome = workers::Answered{answer.result()};
  auto end = settle(*live->run, outcome, config_.retry);
  HOLDFAST_CHECK(end.has_value(), "an answer that does not end its run");
  const auto recorded = co_await record_end(live, std::move(*end));
  if (!recorded) log::info("runs.end_refused", {{"run", live->run->id.text()}, {"error", recorded.error().message()}});
  live->working_attempt = 0;
}

// The run is over, or is another instance's now.
void Coordinator::share_answer(const LiveRun& live) {
  if (!live.key) return;
  const auto& run = *live.run;
  std::optional<SharedAnswer> answer;
  const bool plain = run.status == RunStatus::completed && run.attempt == live.plain_attempt;
  if (plain) answer = answers_.keep(*live.key, run);
  // A cancellation says nothing about the question. After anything else it may take as long again.
  const bool ended_by_itself = journal::is_terminal(run.status) && run.status != RunStatus::cancelled;
  if (!answer) return land(*live.key, run.id, ended_by_itself ? Next::all_at_once : Next::one_by_one);
  for (auto& follower : flights_.land(*live.key, run.id)) {
    answers_.count_shared();
    answer_from(std::move(follower), *answer);
  }
}

// A flight without an answer: those who waited for it ask for themselves.
void Coordinator::land(const governor::ResultKey& key, const RunId& leader, Next next) {
  for (auto& follower : flights_.land(key, leader)) {
    Sharing sharing{.key = key, .answer = {}, .leads = next == Next::all_at_once};
    begin(std::move(follower), std::move(sharing));
  }
}

bool Coordinator::leave_queue(const RunId& id) { return queue_.remove(id) || flights_.remove(id); }

}  // namespace holdfast::runs
