#include "journal/fold.hpp"

#include <fmt/format.h>

namespace holdfast::journal {
namespace {

Entry next_entry(Run& run, EntryKind kind, std::string_view body, UnixMillis now) {
  ++run.last_seq;
  return Entry{run.last_seq, now, run.attempt, kind, std::string(body)};
}

void replace_unless_empty(std::string& text, const std::string& by) {
  if (!by.empty()) text = by;
}

}  // namespace

std::vector<Entry> fold_accept(Run& run, const Accept& accept, UnixMillis now) {
  run.status = RunStatus::queued;
  run.attempt = 0;
  run.crashes = 0;
  run.last_seq = 0;
  run.created_at = now;
  run.started_at.reset();
  run.finished_at.reset();
  run.delivered_at.reset();
  run.retired_at.reset();
  run.available_at = 0;
  run.lease_owner.clear();
  run.result.clear();
  run.error.clear();
  run.usage.clear();
  std::vector<Entry> entries{next_entry(run, EntryKind::accepted, accept.body, now)};
  if (!accept.start) return entries;
  run.status = RunStatus::running;
  run.attempt = 1;
  run.started_at = now;
  run.lease_owner = accept.start->lease_owner;
  entries.push_back(next_entry(run, EntryKind::started, accept.start->body, now));
  return entries;
}

Result<Entry> fold_append(Run& run, const Append& append, UnixMillis now) {
  const bool fenced = run.status != append.from || run.attempt != append.attempt;
  if (fenced || is_terminal(run.status)) {
    return fail(ErrorCode::conflict, fmt::format("run {} is {} in attempt {}; the {} entry was for {} in attempt {}",
                                                 run.id.text(), to_string(run.status), run.attempt,
                                                 to_string(append.kind), to_string(append.from), append.attempt));
  }
  run.status = append.to;
  if (append.starts_attempt) {
    ++run.attempt;
    run.started_at = now;
  }
  run.lease_owner = append.starts_attempt             ? append.lease_owner
                    : append.to == RunStatus::running ? std::move(run.lease_owner)
                                                      : std::string();
  if (append.to == RunStatus::queued) run.available_at = now + append.delay.count();
  if (append.counts_crash) ++run.crashes;
  if (is_terminal(append.to)) run.finished_at = now;
  replace_unless_empty(run.result, append.result);
  replace_unless_empty(run.error, append.error);
  replace_unless_empty(run.usage, append.usage);
  return next_entry(run, append.kind, append.body, now);
}

Result<std::optional<Entry>> fold_deliver(Run& run, UnixMillis now) {
  if (!is_terminal(run.status)) {
    return fail(ErrorCode::conflict,
                fmt::format("run {} is {}: there is nothing to deliver yet", run.id.text(), to_string(run.status)));
  }
  if (run.delivered_at) return std::optional<Entry>();
  run.delivered_at = now;
  return std::optional<Entry>(next_entry(run, EntryKind::delivered, "{}", now));
}

}  // namespace holdfast::journal
