/// Moves local runs into the database, oldest first, in passes of small steps.
///
/// Ownership: part of a SpillStore. Runs on: the thread of the Store, may block.
/// A run is removed here only after the database has it. A process that ends in between finds at its next pass that
/// the run is there already.
#pragma once

#include "journal/spill_file.hpp"
#include "journal/spill_status.hpp"

namespace holdfast::journal {

class SpillReplay {
 public:
  SpillReplay(SpillFile& file, const Clock& clock) : file_(file), clock_(clock) {}

  /// The next step begins with the oldest run.
  void begin_pass() noexcept {
    position_ = 0;
    copied_ = {};
  }

  enum class End : unsigned char {
    more,             ///< There are runs left in this pass.
    finished,         ///< Every run was looked at. Some may be left: the database does not take them.
    database_failed,  ///< See error.
    file_failed,      ///< The local journal cannot be read or written.
  };

  struct Step {
    End end = End::more;
    ReplayCounts counts;
    std::vector<RunId> fenced;
    std::vector<RunId> ahead;  ///< The database had all of them, and more, or cannot tell.
    std::optional<Error> error;
  };

  /// Bounded work.
  Step step(Store& database);

 private:
  /// Absent: go on with the next.
  std::optional<End> move_one(Store& database, const SpilledId& spilled, Step& step, SteadyTime until);
  /// Absent: the database has the bodies of the run's request. more: the rest of them at the next step.
  std::optional<End> copy_bodies(Store& database, const RunId& run, Step& step, SteadyTime until);
  Result<void> finish(const Import& local, ReplayVerdict verdict, Step& step);
  void note_left(const SpilledId& spilled, const Error& error);

  SpillFile& file_;
  const Clock& clock_;
  /// Where a body is that is too large for one step.
  struct Copied {
    std::string body_id;
    std::int64_t pieces = 0;
  };

  std::int64_t position_ = 0;
  Copied copied_;
  std::int64_t told_left_ = 0;  ///< The latest run that was logged as left: once each is enough.
};

}  // namespace holdfast::journal
