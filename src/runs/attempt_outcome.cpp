#include "runs/attempt_outcome.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "base/check.hpp"
#include "base/json.hpp"
#include "runs/run_machine.hpp"
#include "runs/stored_request.hpp"
#include "runs/time_spent.hpp"

namespace holdfast::runs {
namespace {

using journal::Append;
using journal::Run;

struct Loss {
  LossCause cause;
  std::string reason;
  json::object evidence;
  bool seen = true;  ///< A worker may have begun to work on it.
};

Append move(const Run& run, EntryKind kind) {
  const auto to = next(run.status, kind);
  HOLDFAST_CHECK(to.has_value(), "an entry that its run's status does not allow");
  return Append{.id = run.id, .from = run.status, .attempt = run.attempt, .to = *to, .kind = kind};
}

// The error is the body of the entry too: the timeline shows why without a second look-up.
Append end_with_error(const Run& run, EntryKind kind, json::object error) {
  auto append = move(run, kind);
  append.error = json::serialize(error);
  append.body = append.error;
  return append;
}

json::object exit_evidence(const workers::WorkerExit& exited) {
  json::object evidence{{"pid", exited.pid}, {"peak_rss_bytes", exited.peak_rss_bytes}};
  if (exited.status) evidence["exit_status"] = *exited.status;
  if (exited.signal) evidence["signal"] = *exited.signal;
  if (exited.by_kernel_for_memory) evidence["oom_kill"] = *exited.by_kernel_for_memory;
  return evidence;
}

// Repeating either rarely helps, so few are allowed.
bool counts_as_crash(LossCause cause) {
  return cause == LossCause::worker_died || cause == LossCause::worker_broke_protocol ||
         cause == LossCause::outgrew_limit;
}

std::string_view advice(LossCause cause) {
  switch (cause) {
    case LossCause::worker_died: return "Ask something smaller, or give the worker more memory.";
    case LossCause::worker_broke_protocol:
      return "The worker has to keep to its protocol (docs/worker-protocol.md); asking again does not change that.";
    case LossCause::worker_broke_off: return "What the worker printed is in the log.";
    case LossCause::worker_asked: return "Try again later.";
    case LossCause::given_up: return "Memory was short; try again later, or raise memory.limit.";
    case LossCause::outgrew_limit: return "Ask something smaller, or raise memory.limit.";
    case LossCause::orphaned:
      return "Holdfast itself was ended while it ran, each time; its log, or that of the system, says why.";
  }
  std::unreachable();
}

std::string sealed_message(const Run& run, const Loss& loss, bool repeatable) {
  if (!repeatable) {
    return fmt::format(
        "The worker was lost before it had answered: {}. It may have begun to work on the request, so that is not sent "
        "again; `retry=requeue` in worker.guaranteed says that it may be.",
        loss.reason);
  }
  return fmt::format("The analysis was given up after {} attempt{}. The last: {}. {}", run.attempt,
                     run.attempt == 1 ? "" : "s", loss.reason, advice(loss.cause));
}

Append lose_attempt(const Run& run, Loss loss, const RetryPolicy& policy) {
  const bool crashed = counts_as_crash(loss.cause);
  const bool repeatable = !loss.seen || may_be_repeated(run);
  const int crashes = run.crashes + (crashed ? 1 : 0);
  loss.evidence["cause"] = to_string(loss.cause);
  if (repeatable && judge_loss(policy, run.attempt, crashes) == LossVerdict::retry) {
    auto append = move(run, EntryKind::attempt_lost);
    append.counts_crash = crashed;
    json::object body{{"message", loss.reason}, {"evidence", std::move(loss.evidence)}};
    append.body = json::serialize(body);
    return append;
  }
  loss.evidence["crashes"] = crashes;
  loss.evidence["attempts"] = run.attempt;
  auto append = end_with_error(run, EntryKind::failed,
                               {{"code", to_string(ErrorCode::internal)},
                                {"message", sealed_message(run, loss, repeatable)},
                                {"evidence", std::move(loss.evidence)}});
  append.counts_crash = crashed;
  return append;
}

Append settle_answer(const Run& run, const workers::Answered& answer) {
  auto append = move(run, EntryKind::completed);
  append.result = answer.result;
  return append;
}

Append settle_refusal(const Run& run, const workers::Refused& refusal, const RetryPolicy& policy) {
  if (refusal.retryable && judge_loss(policy, run.attempt, run.crashes) == LossVerdict::retry) {
    return lose_attempt(run, Loss{LossCause::worker_asked, refusal.message, {{"code", refusal.code}}}, policy);
  }
  json::object error{{"code", refusal.code}, {"message", refusal.message}};
  if (!refusal.detail.empty()) error["detail"] = stored_json(refusal.detail);
  return end_with_error(run, EntryKind::failed, std::move(error));
}

Append settle_loss(const Run& run, const workers::Lost& lost, const RetryPolicy& policy) {
  if (lost.given_up) {
    const auto cause = lost.given_up->counts_as_crash ? LossCause::outgrew_limit : LossCause::given_up;
    auto evidence = lost.exited ? exit_evidence(*lost.exited) : json::object();
    evidence["memory"] = stored_json(lost.given_up->evidence);
    return lose_attempt(run, Loss{cause, lost.reason, std::move(evidence)}, policy);
  }
  if (lost.exited) {
    return lose_attempt(run, Loss{LossCause::worker_died, lost.reason, exit_evidence(*lost.exited)}, policy);
  }
  const auto cause = lost.broke_protocol ? LossCause::worker_broke_protocol : LossCause::worker_broke_off;
  return lose_attempt(run, Loss{cause, lost.reason, {}, lost.seen}, policy);
}

}  // namespace

bool may_be_repeated(const Run& run) {
  const auto stored = parse_stored_request(run.request);
  return !stored || stored->retry == Retry::requeue;
}

std::optional<Append> settle(const Run& run, const Result<workers::DispatchOutcome>& outcome,
                             const RetryPolicy& policy) {
  if (outcome) {
    if (const auto* answer = std::get_if<workers::Answered>(&*outcome)) return settle_answer(run, *answer);
    if (const auto* refusal = std::get_if<workers::Refused>(&*outcome)) return settle_refusal(run, *refusal, policy);
    return settle_loss(run, std::get<workers::Lost>(*outcome), policy);
  }
  switch (outcome.error().code()) {
    case ErrorCode::cancelled:
    case ErrorCode::conflict:
    case ErrorCode::not_found: return std::nullopt;
    case ErrorCode::deadline_exceeded:
      return settle_early(run, EntryKind::expired,
                          "The analysis did not finish within its time limit and was stopped. Ask for less at once, or "
                          "raise runs.deadline.");
    default: return lose_attempt(run, Loss{LossCause::worker_broke_off, outcome.error().message(), {}}, policy);
  }
}

Append settle_orphan(const Run& run, const RetryPolicy& policy, std::string reason,
                     std::optional<UnixMillis> alive_until) {
  Loss loss{LossCause::orphaned, std::move(reason), {}};
  if (alive_until) loss.evidence[kAliveUntil] = *alive_until;
  return lose_attempt(run, std::move(loss), policy);
}

Append settle_unsent(const Run& run, const RetryPolicy& policy, std::string reason) {
  return lose_attempt(run, Loss{LossCause::orphaned, std::move(reason), {}, false}, policy);
}

Append settle_unreadable(const Run& run, std::string_view why) {
  return end_with_error(run, EntryKind::failed, {{"code", to_string(ErrorCode::data_loss)}, {"message", why}});
}

Append settle_early(const Run& run, EntryKind kind, std::string_view explanation) {
  const auto code = kind == EntryKind::cancelled ? ErrorCode::cancelled : ErrorCode::deadline_exceeded;
  return end_with_error(run, kind, {{"code", to_string(code)}, {"message", explanation}});
}

}  // namespace holdfast::runs
