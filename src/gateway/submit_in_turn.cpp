#include "gateway/submit_in_turn.hpp"

#include <fmt/format.h>

#include "gateway/json_text.hpp"

namespace holdfast::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// How often a start that waits for room in the queue looks again: short against the seconds it may wait, and
// nothing against the time of the analysis that must begin first.
constexpr milliseconds kLookAgain{50};

Problem submit_problem(const Error& error, const std::optional<RunId>& id, bool draining) {
  auto problem = problem_of(error);
  if (draining && error.code() == ErrorCode::unavailable) {
    problem = stopping_problem(error.message());
    problem.code = to_string(error.code());
  }
  if (error.code() == ErrorCode::failed_precondition) {
    problem = make_problem(422, "run-id-in-use", "The run id is in use for another request", error.message());
    problem.code = to_string(error.code());
    problem.retryable = false;
  }
  if (id) problem.run_id = id->text();
  return problem;
}

std::string part_of(int used, int limit) { return fmt::format("{}/{}", used, limit); }

Problem used_up(const Call& call, std::string detail, milliseconds retry_after) {
  const auto& allowance = call.services->turnstile->allowance;
  const auto use = allowance.use(call.subject.owner, call.services->clock->steady());
  auto problem = make_problem(429, "allowance-used-up", "Your allowance is used up for now", std::move(detail));
  problem.code = to_string(ErrorCode::resource_exhausted);
  problem.retryable = true;
  problem.retry_after = retry_after;
  problem.more = ObjectText()
                     .number("retry_after", std::chrono::ceil<seconds>(retry_after).count())
                     .text("burst_usage", part_of(use.burst, allowance.config().burst))
                     .text("window_usage", part_of(use.window, allowance.config().requests))
                     .take();
  return problem;
}

Problem too_many_starts(const Call& call, milliseconds retry_after) {
  const auto& config = call.services->turnstile->allowance.config();
  auto detail = fmt::format(
      "you may start {} analyses in {} s (limits.requests) and {} in {} s (limits.burst); nothing was started, try "
      "again later",
      config.requests, std::chrono::ceil<seconds>(config.window).count(), config.burst,
      std::chrono::ceil<seconds>(config.burst_window).count());
  return used_up(call, std::move(detail), retry_after);
}

Problem too_many_wait(const Call& call) {
  const auto& config = call.services->turnstile->allowance.config();
  auto detail = fmt::format("{} of your analyses wait already (limits.waiting); nothing was started, try again later",
                            config.waiting);
  return used_up(call, std::move(detail), config.patience);
}

Problem stopping(const std::optional<RunId>& id) {
  return submit_problem(Error(ErrorCode::unavailable, "Holdfast is stopping; nothing was started, try again"), id,
                        true);
}

bool has_room(const Call& call) {
  const auto& turnstile = *call.services->turnstile;
  const auto& owner = call.subject.owner;
  const auto found = turnstile.submitting.find(owner);
  const auto on_the_way = found == turnstile.submitting.end() ? 0 : found->second;
  const auto limit = static_cast<std::size_t>(turnstile.allowance.config().waiting);
  return limit == 0 || call.coordinator().waiting_of(owner) + on_the_way < limit;
}

void leave(Turnstile& turnstile, const std::string& owner) {
  const auto found = turnstile.submitting.find(owner);
  if (--found->second == 0) turnstile.submitting.erase(found);
}

// Waits for the turn and then for room in the queue. A Problem when one of them does not come in time.
awaitable<std::optional<Problem>> wait_for_turn(const Call* call, SteadyTime turn, const std::optional<RunId>* id) {
  const auto& clock = *call->services->clock;
  const auto deadline = clock.steady() + call->services->turnstile->allowance.config().patience;
  if (turn > clock.steady()) {
    const bool came = co_await sleep_until(turn);
    if (!came) co_return stopping(*id);
  }
  while (!has_room(*call)) {
    if (clock.steady() >= deadline) co_return too_many_wait(*call);
    const auto next_look = clock.steady() + kLookAgain;
    const bool awake = co_await sleep_until(next_look);
    if (!awake) co_return stopping(*id);
  }
  co_return std::nullopt;
}

}  // namespace

awaitable<std::expected<runs::Accepted, Problem>> submit_in_turn(Call call, runs::Submission submission) {
  auto& turnstile = *call.services->turnstile;
  const auto& owner = call.subject.owner;
  const auto id = submission.id;
  const auto now = call.services->clock->steady();
  const auto booked = turnstile.allowance.book(owner, now);
  const auto* turn = std::get_if<Permit>(&booked);

  const bool held_back = turn == nullptr || turn->at > now || !has_room(call);
  bool joins = false;
  // Looked up only here, so that a start within the allowance costs no read.
  if (held_back && id) {
    const auto existing = co_await call.coordinator().find(owner, *id);
    joins = existing.has_value();
  }
  if (held_back && !joins) {
    if (turn == nullptr) co_return std::unexpected(too_many_starts(call, std::get<NoPermit>(booked).retry_after));
    auto problem = co_await wait_for_turn(&call, turn->at, &id);
    if (problem) {
      turnstile.allowance.give_back(owner, *turn);
      co_return std::unexpected(std::move(*problem));
    }
  }
  ++turnstile.submitting[owner];
  auto accepted = co_await call.coordinator().submit(std::move(submission));
  leave(turnstile, owner);
  const bool started = accepted && !accepted->joined;
  if (!started && turn != nullptr) turnstile.allowance.give_back(owner, *turn);
  if (!accepted) co_return std::unexpected(submit_problem(accepted.error(), id, call.coordinator().draining()));
  co_return std::move(*accepted);
}

}  // namespace holdfast::gateway
