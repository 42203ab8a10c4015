/// Single flight: which run is computing the answer to a key, so that an equal question can wait for that run. Pure but
/// for what it holds.
///
/// Ownership: one, on the supervisor strand. As many entries as unfinished runs that may be cached, which the queue
/// bounds.
#pragma once

#include <optional>
#include <unordered_map>

#include "base/run_id.hpp"
#include "governor/result_key.hpp"

namespace holdfast::governor {

class Flights {
 public:
  /// The run that computes it already. Absent: `run` does from now on.
  std::optional<RunId> join_or_begin(const ResultKey& key, const RunId& run) {
    const auto [found, is_new] = by_key_.try_emplace(key, run);
    return is_new ? std::nullopt : std::optional(found->second);
  }

  /// The run is over, whatever its end. Another's flight under the same key is left alone.
  void end(const ResultKey& key, const RunId& run) {
    const auto found = by_key_.find(key);
    if (found != by_key_.end() && found->second == run) by_key_.erase(found);
  }

  [[nodiscard]] std::size_t size() const noexcept { return by_key_.size(); }

 private:
  std::unordered_map<ResultKey, RunId> by_key_;
};

}  // namespace holdfast::governor
