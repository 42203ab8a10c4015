#include "governor/worker_ledger.hpp"

#include <algorithm>

#include "governor/saturating.hpp"

namespace holdfast::governor {

Bytes WorkerLedger::update(std::span<const WorkerSighting> sightings, SteadyTime now) {
  for (const auto& sighting : sightings) {
    auto& entry = at(sighting.worker, sighting.pid, sighting.started_at);
    entry.now = sighting;
    if (!sighting.held) continue;
    entry.held = *sighting.held;
    entry.read_at = now;
  }
  Bytes returned;
  entries_.remove_if([&](const LedgerEntry& entry) {
    const bool gone = std::ranges::find(sightings, entry.now.pid, &WorkerSighting::pid) == sightings.end();
    if (gone) returned = plus(returned, entry.winnable);
    return gone;
  });
  return returned;
}

LedgerEntry* WorkerLedger::find(int pid) {
  const auto found = std::ranges::find_if(entries_, [pid](const auto& entry) { return entry.now.pid == pid; });
  return found == entries_.end() ? nullptr : &*found;
}

LedgerEntry& WorkerLedger::at(int worker, int pid, SteadyTime now) {
  if (auto* known = find(pid)) return *known;
  auto& entry = entries_.emplace_back(WorkerSighting{.worker = worker, .pid = pid, .started_at = now}, fragmentation_);
  entry.life = ++lives_;
  const auto old = std::ranges::find_if(
      replaced_, [&](const Replaced& before) { return before.worker == worker && before.old_pid != pid; });
  if (old != replaced_.end()) {
    entry.replaces = old->floor;
    replaced_.erase(old);
  }
  return entry;
}

const LedgerEntry* WorkerLedger::next_idle() const {
  const LedgerEntry* first = nullptr;
  for (const auto& entry : entries_) {
    if (entry.now.phase != WorkerPhase::idle || entry.now.leaving) continue;
    if (!first || entry.now.worker < first->now.worker) first = &entry;
  }
  return first;
}

bool WorkerLedger::one_starts() const {
  return std::ranges::any_of(entries_, [](const auto& entry) { return entry.now.phase == WorkerPhase::starting; });
}

bool WorkerLedger::one_leaves() const {
  return std::ranges::any_of(
      entries_, [](const auto& entry) { return entry.now.leaving || entry.now.phase == WorkerPhase::ending; });
}

void WorkerLedger::replacing(int worker, Bytes old_floor) {
  std::erase_if(replaced_, [worker](const Replaced& before) { return before.worker == worker; });
  const auto old = std::ranges::find_if(entries_, [&](const auto& entry) { return entry.now.worker == worker; });
  replaced_.push_back({worker, old_floor, old == entries_.end() ? 0 : old->now.pid});
}

}  // namespace holdfast::governor
