/// Runs that were seen lately, in bounded memory: about the last 32,000 to 64,000.
///
/// A look-up may say yes for a run that was never seen, with a probability below 1 in 10^14.
#pragma once

#include <cstdint>
#include <unordered_set>

#include "base/run_id.hpp"

namespace holdfast::journal {

class SeenRuns {
 public:
  void add(const RunId& id) {
    const auto hash = std::hash<RunId>{}(id);
    if (older_.contains(hash) || !newer_.insert(hash).second || newer_.size() < kGeneration) return;
    older_ = std::move(newer_);
    newer_.clear();
  }

  void clear() {
    newer_.clear();
    older_.clear();
  }

  [[nodiscard]] bool contains(const RunId& id) const {
    const auto hash = std::hash<RunId>{}(id);
    return newer_.contains(hash) || older_.contains(hash);
  }

 private:
  // 1.5 MB for each of the two generations.
  static constexpr std::size_t kGeneration = 32'768;

  std::unordered_set<std::uint64_t> newer_;
  std::unordered_set<std::uint64_t> older_;
};

}  // namespace holdfast::journal
