// Runs that another instance works on, followed in the journal: by its notifications, and by looking now and then.
#include <algorithm>

#include "base/log.hpp"
#include "runs/coordinator.hpp"

namespace holdfast::runs {

/// A run that somebody waits for although it is not live here.
struct Coordinator::Watched {
  explicit Watched(asio::any_io_executor executor) : changed(std::move(executor)) {}

  Event changed;
  std::int64_t seen_seq = 0;
  int waiters = 0;
};

awaitable<Wake> Coordinator::watched(Run seen, SteadyTime deadline) {
  auto& place = watched_[seen.id];
  if (!place) place = std::make_shared<Watched>(executor_);
  const auto watch = place;
  watch->seen_seq = std::max(watch->seen_seq, seen.last_seq);
  ++watch->waiters;
  const auto wake = co_await watch->changed.wait_until(deadline);
  if (--watch->waiters == 0) watched_.erase(seen.id);
  co_return wake;
}

void Coordinator::note_change(const journal::Change& change) {
  for (const auto& id : change.runs) {
    if (const auto found = watched_.find(id); found != watched_.end()) found->second->changed.notify_all();
    const auto live = find_live(id);
    if (!live || draining_) continue;
    ++tasks_;
    spawn(executor_, "look at a run that another instance changed", [this, live]() -> awaitable<void> {
      co_await refresh(live);
      end_task();
    });
  }
  if (!change.queued) return;
  told_of_queued_ = true;
  claimable_.notify_all();
}

awaitable<void> Coordinator::watch_others() {
  bool awake = true;
  while (awake && !draining_) {
    awake = co_await sleep_until(clock_.steady() + config_.poll);
    if (awake) co_await look_at_others();
  }
}

awaitable<void> Coordinator::look_at_others() {
  std::vector<RunId> ids;
  for (const auto& [id, watch] : watched_) ids.push_back(id);
  if (journal_.shared()) {
    for (const auto& [id, live] : live_) ids.push_back(id);
  }
  if (ids.empty()) co_return;
  const auto versions = co_await journal_.versions(std::move(ids));
  if (!versions) co_return;
  journal::Change change;
  for (const auto& version : *versions) {
    const auto watch = watched_.find(version.id);
    const auto live = find_live(version.id);
    const bool news = watch != watched_.end() && version.last_seq > watch->second->seen_seq;
    const bool moved = live && version.last_seq > live->run->last_seq;
    if (news || moved) change.runs.push_back(version.id);
  }
  note_change(change);
}

}  // namespace holdfast::runs
