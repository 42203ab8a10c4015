/// The writes that go to the local journal: those of local runs, and those that the database did not take.
///
/// Which are taken, and which are refused as `unavailable` one by one:
///   - an Accept begins a local run, unless this process has seen the id in the database;
///   - an Append goes on from the state that the writer knows (Append::known): the run is adopted. Without that state,
///     or when an earlier write of this run may be in the database unnoticed, it is refused;
///   - a Deliver of a run that is not local is refused: what it delivers is in the database alone;
///   - a start or a terminal entry that SpillLease does not allow is refused;
///   - whatever is about a run that was set aside is refused: the truth about it is in the database.
///
/// Ownership: part of a SpillStore. Runs on: the thread of the Store, may block.
#pragma once

#include "journal/seen_runs.hpp"
#include "journal/spill_file.hpp"
#include "journal/spill_lease.hpp"

namespace holdfast::journal {

[[nodiscard]] const RunId& run_of(const Write& write);

/// What this process knows of the database. Of runs that are forgotten the safe side is assumed.
struct KnownThere {
  SeenRuns runs;     ///< They are there.
  SeenRuns current;  ///< Their writer knew how they stood, and this instance's lease has had no gap since.
};

class SpillWrites {
 public:
  SpillWrites(SpillFile& file, const SpillLease& lease, const KnownThere& known, const Clock& clock)
      : file_(file), lease_(lease), known_(known), clock_(clock) {}

  /// What the database made of these writes before.
  enum class Tried : unsigned char { no, outcome_unknown };

  struct Outcome {
    std::vector<Result<Written>> results;
    std::int64_t added = 0;  ///< Runs that are local from now on.
  };

  /// One transaction. Errors as Store::commit, and `unavailable` for the single writes named above.
  Outcome commit(std::span<const Write> writes, Tried tried);

  /// The database has more of this run than its writer was told: a start that was left here in doubt, and is there.
  void is_ahead(const RunId& id) { doubtful_.insert(id); }

  /// The database has answered a write of this run, so its writer knows how it stands.
  void resolved(const RunId& id) {
    if (!doubtful_.empty()) doubtful_.erase(id);
  }

 private:
  /// Outside: why the transaction fails. Inside: what this one write did.
  using Answer = Result<Result<Written>>;

  Answer apply(const Write& write, Tried tried, UnixMillis now, std::int64_t& added);
  Answer accept(const Accept& accept, Tried tried, UnixMillis now, std::int64_t& added);
  Answer adopt(const Append& append, Tried tried, UnixMillis now, std::int64_t& added);
  Answer write_here(const Write& write, UnixMillis now);
  [[nodiscard]] bool may_write(const Write& write, const SpilledRun& spilled) const;
  void doubt_refused(std::span<const Write> writes, const std::vector<Result<Written>>& results);

  SpillFile& file_;
  const SpillLease& lease_;
  const KnownThere& known_;
  const Clock& clock_;

  /// Runs of which the database has, or may have, more than was told here: whoever goes on from what it knew before
  /// would contradict the database.
  std::unordered_set<RunId> doubtful_;
};

}  // namespace holdfast::journal
