#include "runs/run_queue.hpp"

#include <algorithm>

#include "runs/live_run.hpp"

namespace holdfast::runs {
namespace {

auto find_in(auto& runs, const RunId& id) {
  return std::ranges::find_if(runs, [&](const auto& live) { return live->run->id == id; });
}

}  // namespace

void RunQueue::push_back(RunPtr run) {
  auto [found, is_new] = lane_by_owner_.try_emplace(run->run->owner, lanes_.end());
  if (is_new) found->second = lanes_.insert(lanes_.end(), Lane{run->run->owner, {}});
  lane_of_.insert_or_assign(run->run->id, found->second);
  found->second->runs.push_back(std::move(run));
}

void RunQueue::push_front(RunPtr run) {
  auto [found, is_new] = lane_by_owner_.try_emplace(run->run->owner, lanes_.begin());
  if (is_new) {
    found->second = lanes_.insert(lanes_.begin(), Lane{run->run->owner, {}});
  } else {
    lanes_.splice(lanes_.begin(), lanes_, found->second);
  }
  lane_of_.insert_or_assign(run->run->id, found->second);
  auto& runs = found->second->runs;
  const auto later =
      std::ranges::find_if(runs, [&](const auto& other) { return other->waiting_since >= run->waiting_since; });
  runs.insert(later, std::move(run));
}

RunQueue::RunPtr RunQueue::pop() {
  if (lanes_.empty()) return nullptr;
  const auto lane = lanes_.begin();
  auto next = std::move(lane->runs.front());
  lane->runs.pop_front();
  lane_of_.erase(next->run->id);
  lanes_.splice(lanes_.end(), lanes_, lane);
  drop_if_empty(lane);
  return next;
}

bool RunQueue::remove(const RunId& id) {
  const auto found = lane_of_.find(id);
  if (found == lane_of_.end()) return false;
  const auto lane = found->second;
  lane_of_.erase(found);
  lane->runs.erase(find_in(lane->runs, id));
  drop_if_empty(lane);
  return true;
}

std::optional<int> RunQueue::position(const RunId& id) const {
  const auto found = lane_of_.find(id);
  if (found == lane_of_.end()) return std::nullopt;
  const auto& own = *found->second;
  // As many whole rounds as runs of the same owner are before it, then the lanes that come first in its round.
  const auto rounds = static_cast<std::size_t>(find_in(own.runs, id) - own.runs.begin());
  std::size_t before = 0;
  bool first_in_round = true;
  for (const auto& lane : lanes_) {
    if (&lane == &own) first_in_round = false;
    before += std::min(lane.runs.size(), first_in_round ? rounds + 1 : rounds);
  }
  return static_cast<int>(before) + 1;
}

std::size_t RunQueue::waiting_of(const std::string& owner) const {
  const auto found = lane_by_owner_.find(owner);
  return found == lane_by_owner_.end() ? 0 : found->second->runs.size();
}

std::vector<RunQueue::RunPtr> RunQueue::waiting() const {
  std::vector<RunPtr> all;
  all.reserve(size());
  for (const auto& lane : lanes_) all.insert(all.end(), lane.runs.begin(), lane.runs.end());
  return all;
}

void RunQueue::drop_if_empty(Lanes::iterator lane) {
  if (!lane->runs.empty()) return;
  lane_by_owner_.erase(lane->owner);
  lanes_.erase(lane);
}

}  // namespace holdfast::runs
