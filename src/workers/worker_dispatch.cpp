/// How a worker serves a run.
#include <fmt/format.h>

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

awaitable<Result<DispatchOutcome>> WorkerLife::dispatch(Attempt attempt, EventSink on_event) {
  if (phase_ != LifePhase::busy || over()) {
    co_return Lost{.reason = describe() + " before it got the run", .exited = {}, .seen = false};
  }
  // What it printed for an earlier run must not explain the loss of this one.
  take_output();
  output_.forget_last_line();
  // A server that serves one connection at a time sees the run only once these are gone.
  idle_connections_.clear();
  run_id_ = attempt.run_id;
  serving_ = true;
  const auto deadline = attempt.deadline;
  auto served = exchange(address_, std::move(attempt), std::move(on_event));
  auto end = co_await with_deadline(std::move(served), deadline);

  Result<DispatchOutcome> outcome = Answered();
  if (!end) {
    outcome = fail(std::move(end));
  } else if (auto* broken = std::get_if<BrokenOff>(&*end)) {
    outcome = co_await explain_loss(std::move(*broken));
  } else if (auto* refused = std::get_if<Refused>(&*end)) {
    outcome = std::move(*refused);
  } else {
    outcome = std::get<Answered>(std::move(*end));
    if (std::get<Answered>(*outcome).ended_by_close) {
      const auto patience = system_clock().steady() + kSignOfDeath;
      const bool died = co_await wait_exited(patience);
      if (died) outcome = co_await explain_loss({"closed the connection as it died"});
    }
  }
  settle(outcome);
  co_return outcome;
}

awaitable<Lost> WorkerLife::explain_loss(BrokenOff broken) {
  const auto patience = system_clock().steady() + kExitEvidence;
  const bool exited = co_await wait_exited(patience);
  Lost lost;
  lost.reason = exited ? describe() + last_words() : fmt::format("{} {}", name(), broken.reason);
  lost.broke_protocol = broken.broke_protocol;
  lost.seen = broken.delivery == Delivery::begun;
  // A run that the worker never saw is not to blame for its death.
  if (broken.delivery == Delivery::begun) lost.exited = exited_;
  lost.given_up = std::exchange(given_up_, std::nullopt);
  if (lost.given_up) lost.reason = fmt::format("{} was ended to keep within the memory limit", name());
  co_return lost;
}

void WorkerLife::settle(const Result<DispatchOutcome>& outcome) {
  serving_ = false;
  const bool answered = outcome && !std::holds_alternative<Lost>(*outcome);
  if (answered) {
    lost_run_ = false;  // It died after the answer.
    prove();
    release();
  } else if (!outcome && outcome.error().code() == ErrorCode::cancelled) {
    end_soon(LifeEnd::cut_off);
  } else {
    lost_run_ = true;
    if (outcome) pool_->worker_lost(worker_, std::get<Lost>(*outcome).reason);
    end_soon(LifeEnd::lost_run);
  }
  run_id_.clear();
}

}  // namespace holdfast::workers
