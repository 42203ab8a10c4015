/// Single flight: which run computes the answer to a key, and which runs wait for that answer instead of a worker.
/// Pure but for what it holds.
///
/// Ownership: one, on the supervisor strand. As many flights as unfinished runs that may be shared, and the queue
/// bounds both them and those who follow.
/// Invariants:
///   - A flight has one leader from begin() to land(); a run follows at most one flight.
///   - Who follows is given back by land(), or was taken out by remove(): nobody is forgotten.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/run_id.hpp"
#include "governor/result_key.hpp"

namespace holdfast::runs {

struct LiveRun;

class Flights {
 public:
  using RunPtr = std::shared_ptr<LiveRun>;

  /// `leader` computes the answer from now on. False: another run does already.
  bool begin(const governor::ResultKey& key, const RunId& leader);

  /// `run` waits for the answer. False: nobody computes it.
  bool follow(const governor::ResultKey& key, RunPtr run);

  /// `leader` is over, whatever its end. Those who waited for it, oldest first; none when another leads that flight.
  std::vector<RunPtr> land(const governor::ResultKey& key, const RunId& leader);

  /// False when it does not follow.
  bool remove(const RunId& follower);

  /// Absent: it does not follow.
  [[nodiscard]] std::optional<RunId> leader_of(const RunId& follower) const;

  /// Those who follow.
  [[nodiscard]] std::size_t size() const noexcept { return key_of_.size(); }
  [[nodiscard]] std::size_t waiting_of(const std::string& owner) const;
  [[nodiscard]] std::vector<RunPtr> waiting() const;

 private:
  struct Flight {
    RunId leader;
    std::list<RunPtr> followers;
  };
  std::unordered_map<governor::ResultKey, Flight> by_key_;
  std::unordered_map<RunId, governor::ResultKey> key_of_;
};

}  // namespace holdfast::runs
