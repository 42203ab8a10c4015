#include "governor/relief_ladder.hpp"

#include <algorithm>
#include <utility>

#include "governor/saturating.hpp"

namespace holdfast::governor {
namespace {

StepReport report_of(const ReliefAction& action) {
  StepReport step;
  step.name = action.name();
  step.cost = action.cost();
  return step;
}

std::chrono::microseconds microseconds_between(SteadyTime from, SteadyTime to) {
  return std::chrono::duration_cast<std::chrono::microseconds>(to - from);
}

}  // namespace

ReliefLadder::ReliefLadder(const asio::any_io_executor& executor, const Clock& clock, LadderConfig config,
                           ReadUsed read_used, std::vector<std::unique_ptr<ReliefAction>> actions)
    : clock_(clock), config_(config), read_used_(std::move(read_used)), done_(executor) {
  for (auto& action : actions) rungs_.push_back(Rung{std::move(action), {}});
}

awaitable<Result<WalkReport>> ReliefLadder::walk(WalkRequest request) {
  while (current_) {
    const auto other = current_;
    const bool joins = request.cause == WalkCause::level || other->request.cause == WalkCause::manual;
    other->request.level = std::max(other->request.level, request.level);
    const auto woken = co_await done_.wait_until(SteadyTime::max());
    if (woken == Wake::cancelled) co_return fail(ErrorCode::cancelled, "wait for the relief under way");
    if (!joins) continue;
    auto report = other->report;
    report.joined = true;
    co_return report;
  }

  const auto walk = std::make_shared<Walk>(Walk{request, {}});
  walk->report.cause = request.cause;
  walk->report.level = request.level;
  walk->report.observe_only = config_.mode == LadderMode::observe_only;
  if (request.cause == WalkCause::level && !is_due(request)) {
    walk->report.end = WalkEnd::too_soon;
    walk->report.ended_at = clock_.steady();
    co_return walk->report;
  }
  current_ = walk;
  co_await take_rungs(walk.get());
  finish(walk);
  co_return walk->report;
}

bool ReliefLadder::is_due(const WalkRequest& request) const noexcept {
  if (current_ || !last_ || last_->end == WalkEnd::cut_short || request.level > last_->level) return true;
  return clock_.steady() - last_->ended_at >= rest_before(request);
}

std::chrono::milliseconds ReliefLadder::rest_before(const WalkRequest& request) const noexcept {
  const bool is_news = request.used && last_->after && *request.used >= plus(*last_->after, config_.news);
  if (request.level >= memory::Level::critical || is_news) return config_.rest;
  auto rest = config_.rest;
  for (int walk = 0; walk < in_vain_ && rest < config_.longest_rest; ++walk) rest *= 2;
  return std::min(rest, config_.longest_rest);
}

bool ReliefLadder::was_in_vain(const WalkReport& report) const noexcept {
  const auto gave = [this](const auto& step) { return step.returned() >= config_.futility.worth; };
  return report.returned() < config_.futility.worth && std::ranges::none_of(report.steps, gave);
}

awaitable<void> ReliefLadder::take_rungs(Walk* walk) {
  auto& report = walk->report;
  const auto began = clock_.steady();
  report.before = read_used();
  report.after = report.before;
  for (auto& rung : rungs_) {
    const bool stopped = co_await cancel_requested();
    if (stopped) report.end = WalkEnd::cut_short;
    auto step = report_of(*rung.action);
    step.skipped = reason_to_skip(rung, *walk);
    if (step.skipped == SkipReason::none) {
      step = co_await apply(&rung, walk->request.level);
      if (step.after) report.after = step.after;
    }
    report.steps.push_back(std::move(step));
  }
  report.level = walk->request.level;
  report.target_met = walk->request.cause == WalkCause::level && report.after && *report.after <= walk->request.target;
  report.ended_at = clock_.steady();
  report.pause = microseconds_between(began, report.ended_at);
}

awaitable<StepReport> ReliefLadder::apply(Rung* rung, memory::Level level) {
  auto step = report_of(*rung->action);
  step.before = read_used();
  const auto began = clock_.steady();
  // The timer asks for the real time itself: the deadline is about what may hang, whatever our clock says.
  auto executor = co_await asio::this_coro::executor;
  const asio::steady_timer deadline(executor, config_.step_deadline);
  auto applied = co_await with_deadline(rung->action->apply(level), deadline.expiry());
  const auto ended = clock_.steady();
  step.pause = microseconds_between(began, ended);
  step.after = read_used();
  if (applied) {
    step.end = applied->acted() ? StepEnd::relieved : StepEnd::nothing_to_do;
    step.given_back = applied->given_back();
  } else {
    step.end = applied.error().code() == ErrorCode::deadline_exceeded ? StepEnd::timed_out : StepEnd::failed;
    step.error = applied.error().message();
  }
  const bool we_stopped_it = !applied && applied.error().code() == ErrorCode::cancelled;
  if (step.end != StepEnd::nothing_to_do && !we_stopped_it) {
    rung->futility.record(config_.futility, step.returned(), ended);
  }
  co_return step;
}

SkipReason ReliefLadder::reason_to_skip(const Rung& rung, const Walk& walk) const {
  const auto& request = walk.request;
  if (walk.report.end == WalkEnd::cut_short) return SkipReason::cancelled;
  if (rung.action->cost() > request.most) return SkipReason::cost;
  if (request.cause == WalkCause::level) {
    // A reading that failed says nothing: better one action too many.
    if (walk.report.after && *walk.report.after <= request.target) return SkipReason::target_met;
    if (rung.action->from_level() > request.level) return SkipReason::level;
    if (rung.futility.rests(clock_.steady())) return SkipReason::futile;
  }
  return config_.mode == LadderMode::observe_only ? SkipReason::observe_only : SkipReason::none;
}

std::optional<Bytes> ReliefLadder::read_used() const {
  const auto used = read_used_();
  if (!used) return std::nullopt;
  return *used;
}

void ReliefLadder::finish(const std::shared_ptr<Walk>& walk) {
  // A walk that found its target met already, or nothing worth its cost, must not make the next one wait.
  const auto counts = [](const auto& step) {
    return step.end != StepEnd::skipped || step.skipped == SkipReason::observe_only ||
           step.skipped == SkipReason::futile;
  };
  if (std::ranges::any_of(walk->report.steps, counts)) {
    last_ = std::make_shared<const WalkReport>(walk->report);
    if (!was_in_vain(walk->report)) {
      in_vain_ = 0;
    } else if (walk->request.cause == WalkCause::level) {
      ++in_vain_;
    }
  }
  current_.reset();
  done_.notify_all();
}

}  // namespace holdfast::governor
