/// The queue of runs that wait for a worker: first come, first served. Pure but for what it holds.
///
/// Invariant: a run is in the queue at most once.
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "base/run_id.hpp"

namespace holdfast::runs {

struct LiveRun;

class RunQueue {
 public:
  void push_back(std::shared_ptr<LiveRun> run) { waiting_.push_back(std::move(run)); }

  /// For a run that waited before: it keeps its turn.
  void push_front(std::shared_ptr<LiveRun> run) { waiting_.push_front(std::move(run)); }

  /// The next run, or null.
  [[nodiscard]] std::shared_ptr<LiveRun> pop();

  /// False when it does not wait here.
  bool remove(const RunId& id);

  /// 1 is next. Absent when it does not wait here.
  [[nodiscard]] std::optional<int> position(const RunId& id) const;

  [[nodiscard]] std::size_t size() const noexcept { return waiting_.size(); }
  [[nodiscard]] const std::deque<std::shared_ptr<LiveRun>>& waiting() const noexcept { return waiting_; }

 private:
  std::deque<std::shared_ptr<LiveRun>> waiting_;
};

}  // namespace holdfast::runs
