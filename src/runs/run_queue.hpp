/// The queue of runs that wait for a worker: the owners take turns, and within an owner first come is first served.
/// Pure but for what it holds.
///
/// Invariants:
///   - A run is in the queue at most once.
///   - With k owners waiting, each owner's next run is among the next k to be popped, however many runs the others
///     have. A run that comes back with push_front() is a turn that was given back, not a new one.
///   - position() is the number of pops that brings a run out, when nothing is added meanwhile.
#pragma once

#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/run_id.hpp"

namespace holdfast::runs {

struct LiveRun;

class RunQueue {
 public:
  using RunPtr = std::shared_ptr<LiveRun>;

  void push_back(RunPtr run);

  /// For a run that was popped and lost its attempt: its owner is next, and it goes before the owner's runs that
  /// began to wait after it.
  void push_front(RunPtr run);

  /// The next run, or null.
  [[nodiscard]] RunPtr pop();

  /// The run that pop() would give, or null.
  [[nodiscard]] RunPtr front() const { return lanes_.empty() ? nullptr : lanes_.front().runs.front(); }

  /// False when it does not wait here.
  bool remove(const RunId& id);

  /// 1 is next. Absent when it does not wait here.
  [[nodiscard]] std::optional<int> position(const RunId& id) const;

  [[nodiscard]] std::size_t size() const noexcept { return lane_of_.size(); }

  /// Runs of one owner that wait.
  [[nodiscard]] std::size_t waiting_of(const std::string& owner) const;

  /// All that wait, owner by owner.
  [[nodiscard]] std::vector<RunPtr> waiting() const;

 private:
  /// The runs of one owner; never empty while it is in `lanes_`.
  struct Lane {
    std::string owner;
    std::deque<RunPtr> runs;
  };
  using Lanes = std::list<Lane>;

  Lanes lanes_;  ///< In the order of their turns: the front one is next, and goes to the back after it.
  std::unordered_map<std::string, Lanes::iterator> lane_by_owner_;
  std::unordered_map<RunId, Lanes::iterator> lane_of_;

  void drop_if_empty(Lanes::iterator lane);
};

}  // namespace holdfast::runs
