/// How a worker serves runs.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "workers/exchange.hpp"
#include "workers/worker_life.hpp"

namespace holdfast::workers {
namespace {

// A connection that breaks is mostly the first sign of a death: the kernel closes it just before it reports the exit.
constexpr std::chrono::milliseconds kExitEvidence{250};

// The same where the connection may as well have come to its end: everybody whose worker tells the end so waits for it.
constexpr std::chrono::milliseconds kSignOfDeath{50};

}  // namespace

bool WorkerLife::has_room(Company company) const noexcept {
  if (is_idle()) return true;
  const bool serves = phase_ == LifePhase::busy && !retiring_ && !over() && !alone_;
  return serves && company == Company::shared && places_ < pool_->config.concurrency;
}

bool WorkerLife::reserve(Company company) {
  if (!has_room(company)) return false;
  phase_ = LifePhase::busy;
  alone_ = company == Company::alone;
  ++places_;
  return true;
}

void WorkerLife::release() {
  if (phase_ == LifePhase::busy) vacate();
}

// A place has become free.
void WorkerLife::vacate() {
  --places_;
  if (over()) return;
  if (places_ == 0) {
    if (after_runs_) return end_soon(*after_runs_);
    if (retiring_) return end_soon(LifeEnd::recycled);
    phase_ = LifePhase::idle;
    alone_ = false;
  }
  if (!retiring_) pool_->announce_change();
}

awaitable<Result<DispatchOutcome>> WorkerLife::dispatch(Attempt attempt, EventSink on_event) {
  if (phase_ != LifePhase::busy || over()) {
    vacate();
    co_return Lost{.reason = describe() + " before it got the run", .exited = {}, .seen = false};
  }
  // What it printed for an earlier run must not explain the loss of this one.
  take_output();
  if (runs_.empty()) {
    for (auto& lines : output_) lines.forget_last_line();
  }
  // A server that serves one connection at a time sees the run only once these are gone.
  idle_connections_.clear();
  const auto run_id = attempt.run_id;
  runs_.push_back(run_id);
  const auto deadline = attempt.deadline;
  auto served = exchange(address_, std::move(attempt), std::move(on_event));
  auto end = co_await with_deadline(std::move(served), deadline);

  Result<DispatchOutcome> outcome = Answered();
  if (!end) {
    outcome = fail(std::move(end));
  } else if (auto* broken = std::get_if<BrokenOff>(&*end)) {
    outcome = co_await explain_loss(run_id, std::move(*broken));
  } else if (auto* refused = std::get_if<Refused>(&*end)) {
    outcome = std::move(*refused);
  } else {
    outcome = std::get<Answered>(std::move(*end));
    if (std::get<Answered>(*outcome).ended_by_close) {
      const auto patience = system_clock().steady() + kSignOfDeath;
      const bool died = co_await wait_exited(patience);
      BrokenOff cut{"closed the connection as it died"};
      if (died) outcome = co_await explain_loss(run_id, std::move(cut));
    }
  }
  settle(run_id, outcome);
  co_return outcome;
}

awaitable<Lost> WorkerLife::explain_loss(std::string run_id, BrokenOff broken) {
  const bool in_company = runs_.size() > 1 || died_in_company_;
  const auto patience = system_clock().steady() + kExitEvidence;
  const bool exited = co_await wait_exited(patience);
  Lost lost;
  lost.reason = exited ? describe() + last_words() : fmt::format("{} {}", name(), broken.reason);
  lost.broke_protocol = broken.broke_protocol;
  lost.seen = broken.delivery == Delivery::begun;
  // A run that the worker never saw is not to blame for its death, and of several nobody knows which one is.
  if (broken.delivery == Delivery::begun && !in_company) lost.exited = exited_;
  if (exited && in_company) lost.reason += "; it served other runs too";
  if (given_up_) {
    lost.given_up = GivenUp{given_up_->evidence, given_up_->counts_as_crash && run_id == given_up_run_};
    lost.reason = fmt::format("{} was ended to keep within the memory limit", name());
  }
  co_return lost;
}

void WorkerLife::settle(const std::string& run_id, const Result<DispatchOutcome>& outcome) {
  take_output();
  std::erase(runs_, run_id);
  const bool answered = outcome && !std::holds_alternative<Lost>(*outcome);
  if (answered) {
    if (runs_.empty() && !lost_one_) died_serving_ = false;  // It died after the answer.
    prove();
  } else if (!outcome && outcome.error().code() == ErrorCode::cancelled) {
    end_after_runs(LifeEnd::cut_off);
  } else {
    lost_one_ = true;
    if (outcome) pool_->worker_lost(worker_, std::get<Lost>(*outcome).reason);
    end_after_runs(LifeEnd::lost_run);
  }
  vacate();
}

// What a run left in it is of no use to others: it takes no more, and ends when the last one that it has is served.
void WorkerLife::end_after_runs(LifeEnd end) {
  retiring_ = true;
  if (!after_runs_ || end == LifeEnd::lost_run) after_runs_ = end;
}

bool WorkerLife::give_up_run(const std::string& run_id, GivenUp why) {
  if (exited_ || std::ranges::find(runs_, run_id) == runs_.end()) return false;
  given_up_ = std::move(why);
  given_up_run_ = run_id;
  process_->signal_group(SIGKILL);
  return true;
}

}  // namespace holdfast::workers
