/// How a run that lived in a local journal goes on in the database: what of it is new there. Pure.
///
/// The local journal took over at a base (the run as it was in the database, or nothing when the run was accepted
/// locally). Since then the database may hold the same words (their commit worked, its acknowledgement was lost)
/// or others (somebody else went on with the run). Entries are the same when number, attempt, kind and body are; their
/// times are not compared, because a word that was committed twice carries the time of each journal.
///
/// Invariants, whatever the arguments:
///   - imported: the history there followed by entries[insert_from..] is the base followed by all local entries, so it
///     stays gapless and has one terminal entry at most.
///   - already_there: every local entry is in the database.
///   - fenced in every other case: when in doubt nothing is merged.
#pragma once

#include "journal/store.hpp"

namespace holdfast::journal {

struct ReplayPlan {
  ReplayVerdict verdict = ReplayVerdict::fenced;
  std::size_t insert_from = 0;  ///< imported: entries[insert_from..] are inserted and the run row becomes local.run.
};

/// `there`: the run in the database, if it has it. `tail`: its entries there after local.base_seq, in order.
[[nodiscard]] ReplayPlan plan_replay(const std::optional<Run>& there, std::span<const Entry> tail, const Import& local);

/// The run row after an import: `local.run`, with the times of those entries that the database had already.
[[nodiscard]] Run run_after_replay(const std::optional<Run>& there, const Import& local, std::size_t insert_from);

}  // namespace holdfast::journal
