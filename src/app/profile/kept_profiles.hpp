/// The heap profiles of workers that were replaced: the few most telling ones, in files beside the journal.
///
/// Ownership: one for the server; each instance keeps its own. Runs on: supervisor strand; reads and writes small files
/// of a local disk.
/// Invariants:
///   - At most kMostProfiles are kept: those of the runs after which most was held.
///   - What a worker has written is read as a stranger's: bounded, parsed, and followed through no link.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/run_id.hpp"

namespace holdfast::app {

inline constexpr std::size_t kMostProfiles = 20;

class KeptProfiles {
 public:
  /// `directory` is made when the first one is kept, readable by our user alone.
  explicit KeptProfiles(std::string directory) : directory_(std::move(directory)) {}

  /// Whether one after a run that left so much behind is worth the seconds it takes: not when another was taken a
  /// moment ago, nor when it would not be kept.
  [[nodiscard]] bool is_worth(Bytes growth, SteadyTime now) const;

  /// One is being taken.
  void begin(SteadyTime now) { last_ = now; }

  /// Takes the file that the agent left at `path` for the profile of a run. data_loss: it is not one; not_found;
  /// unavailable: it cannot be kept.
  Result<void> keep(const RunId& run, Bytes growth, const std::string& path);

  /// There is none of this run, for this reason, which find() then gives; known until we end, of the latest ones.
  void miss(const RunId& run, std::string why);

  /// The profile of a run, as JSON. not_found: none is kept.
  [[nodiscard]] Result<std::string> find(const RunId& run) const;

 private:
  struct Kept;
  [[nodiscard]] std::vector<Kept> list() const;

  std::string directory_;
  std::optional<SteadyTime> last_;
  std::deque<std::pair<RunId, std::string>> missed_;
};

}  // namespace holdfast::app
