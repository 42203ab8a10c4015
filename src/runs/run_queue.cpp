#include "runs/run_queue.hpp"

#include <algorithm>

#include "runs/live_run.hpp"

namespace holdfast::runs {
namespace {

auto find_in(auto& waiting, const RunId& id) {
  return std::ranges::find_if(waiting, [&](const auto& live) { return live->run->id == id; });
}

}  // namespace

std::shared_ptr<LiveRun> RunQueue::pop() {
  if (waiting_.empty()) return nullptr;
  auto next = std::move(waiting_.front());
  waiting_.pop_front();
  return next;
}

bool RunQueue::remove(const RunId& id) {
  const auto found = find_in(waiting_, id);
  if (found == waiting_.end()) return false;
  waiting_.erase(found);
  return true;
}

std::optional<int> RunQueue::position(const RunId& id) const {
  const auto found = find_in(waiting_, id);
  if (found == waiting_.end()) return std::nullopt;
  return static_cast<int>(found - waiting_.begin()) + 1;
}

}  // namespace holdfast::runs
