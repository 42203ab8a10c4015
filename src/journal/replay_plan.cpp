#include "journal/replay_plan.hpp"

#include <algorithm>

namespace holdfast::journal {
namespace {

bool same_words(const Entry& left, const Entry& right) {
  return left.seq == right.seq && left.attempt == right.attempt && left.kind == right.kind && left.body == right.body;
}

// Whether the database still holds what the local journal went on from.
bool holds_the_base(const Run& there, std::span<const Entry> tail, const Import& local) {
  if (there.owner != local.run.owner || there.retired_at) return false;
  if (there.last_seq != local.base_seq + static_cast<std::int64_t>(tail.size())) return false;
  if (local.accepted_here || !tail.empty()) return true;
  return there.status == local.base_status && there.attempt == local.base_attempt;
}

}  // namespace

ReplayPlan plan_replay(const std::optional<Run>& there, std::span<const Entry> tail, const Import& local) {
  if (!there) return {local.accepted_here ? ReplayVerdict::imported : ReplayVerdict::fenced, 0};
  if (!holds_the_base(*there, tail, local)) return {ReplayVerdict::fenced, 0};
  const auto [ours, theirs] = std::ranges::mismatch(local.entries, tail, same_words);
  if (ours == local.entries.end()) return {ReplayVerdict::already_there, local.entries.size()};
  if (theirs != tail.end()) return {ReplayVerdict::fenced, 0};
  return {ReplayVerdict::imported, tail.size()};
}

Run run_after_replay(const std::optional<Run>& there, const Import& local, std::size_t insert_from) {
  Run run = local.run;
  if (!there) return run;
  run.created_at = there->created_at;
  const auto inserted = std::span(local.entries).subspan(insert_from);
  const auto starts = [](const Entry& entry) { return entry.kind == EntryKind::started; };
  if (std::ranges::none_of(inserted, starts)) run.started_at = there->started_at;
  if (there->finished_at) run.finished_at = there->finished_at;
  if (there->delivered_at) run.delivered_at = there->delivered_at;
  return run;
}

}  // namespace holdfast::journal
