#include "journal/replay_plan.hpp"

#include <algorithm>

namespace holdfast::journal {
namespace {

constexpr ReplayPlan kFenced{ReplayVerdict::fenced, 0};

bool same_words(const Entry& left, const Entry& right) {
  return left.seq == right.seq && left.attempt == right.attempt && left.kind == right.kind && left.body == right.body;
}

bool starts_attempt(const Entry& entry) { return entry.kind == EntryKind::started; }

// Numbered on from the base, the last one being the run's latest.
bool is_whole(const Import& local) {
  if (local.accepted_here && local.base_seq != 0) return false;
  auto seq = local.base_seq;
  for (const auto& entry : local.entries) {
    if (entry.seq != ++seq) return false;
  }
  return local.run.last_seq == seq;
}

// The same id may be in use for another question.
bool asks_the_same(const Run& left, const Run& right) {
  return left.owner == right.owner && left.thread_id == right.thread_id && left.route == right.route &&
         left.prompt == right.prompt && left.request == right.request;
}

// Whether the database still holds what the local journal went on from. A retired run has lost its entries, and one of
// a database that was restored from a copy may lack some.
bool holds_the_base(const Run& there, std::span<const Entry> tail, const Import& local) {
  if (there.retired_at || !asks_the_same(there, local.run)) return false;
  if (there.last_seq != local.base_seq + static_cast<std::int64_t>(tail.size())) return false;
  if (local.accepted_here || !tail.empty()) return true;
  return there.status == local.base_status && there.attempt == local.base_attempt;
}

// Two instances may have written the same words about an attempt that each of them runs.
bool is_run_by_another(const Run& there, const Run& local, std::span<const Entry> inserted) {
  return there.status == RunStatus::running && local.status == RunStatus::running &&
         there.lease_owner != local.lease_owner && std::ranges::none_of(inserted, starts_attempt);
}

}  // namespace

ReplayPlan plan_replay(const std::optional<Run>& there, std::span<const Entry> tail, const Import& local) {
  if (!is_whole(local)) return kFenced;
  // An adopted run that is not there was deleted.
  if (!there) return local.accepted_here ? ReplayPlan{ReplayVerdict::imported, 0} : kFenced;
  if (!holds_the_base(*there, tail, local)) return kFenced;

  const auto [ours, theirs] = std::ranges::mismatch(local.entries, tail, same_words);
  if (ours != local.entries.end() && theirs != tail.end()) return kFenced;
  const auto inserted = std::span(local.entries).subspan(static_cast<std::size_t>(ours - local.entries.begin()));
  if (theirs == tail.end() && is_run_by_another(*there, local.run, inserted)) return kFenced;
  if (inserted.empty()) return {ReplayVerdict::already_there, local.entries.size()};
  return {ReplayVerdict::imported, tail.size()};
}

Run run_after_replay(const std::optional<Run>& there, const Import& local, std::size_t insert_from) {
  Run run = local.run;
  if (!there) return run;
  run.created_at = there->created_at;
  const auto inserted = std::span(local.entries).subspan(insert_from);
  if (std::ranges::none_of(inserted, starts_attempt)) run.started_at = there->started_at;
  if (there->finished_at) run.finished_at = there->finished_at;
  if (there->delivered_at) run.delivered_at = there->delivered_at;
  return run;
}

}  // namespace holdfast::journal
