#include "governor/result_cache.hpp"

#include <algorithm>
#include <utility>

#include "governor/saturating.hpp"

namespace holdfast::governor {
namespace {

/// What an entry costs beyond its text: two list and table nodes, the shared string and its counter, allocator headers.
constexpr std::uint64_t kEntryOverhead = 320;
constexpr std::uint64_t kGhostOverhead = 192;
/// Times an entry of the main queue may be passed over.
constexpr std::uint8_t kMostAsked = 3;
/// Share of the small queue, as in the paper.
constexpr std::uint64_t kSmallPart = 10;
/// Share that remembered keys may take: with answers of some KB that is more keys than there are entries.
constexpr std::uint64_t kGhostPart = 20;

}  // namespace

ResultCache::Value ResultCache::find(const ResultKey& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    ++counts_.misses;
    return nullptr;
  }
  auto& entry = *found->second;
  entry.asked = std::min<std::uint8_t>(kMostAsked, static_cast<std::uint8_t>(entry.asked + 1));
  ++counts_.hits;
  return entry.value;
}

bool ResultCache::put(const ResultKey& key, std::string value) {
  // One that was asked for before, or was here a short while ago and is back, has proved itself.
  bool proved = forget(key);
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    proved = found->second->is_main || found->second->asked > 0;
    drop(found->second);
  }
  value.shrink_to_fit();
  const auto cost = value.capacity() + kEntryOverhead;
  if (cost > std::min(config_.largest, budget_).count()) {
    ++counts_.refused;
    return false;
  }
  fit(budget_.count() - cost);
  auto& queue = proved ? main_ : small_;
  (proved ? main_bytes_ : small_bytes_) += cost;
  queue.push_front(Entry{key, std::make_shared<const std::string>(std::move(value)), cost, 0, proved});
  by_key_.emplace(key, queue.begin());
  ++counts_.puts;
  return true;
}

Bytes ResultCache::budget_at(memory::Level level) const noexcept {
  switch (level) {
    case memory::Level::normal: return config_.budget;
    case memory::Level::warning: return Bytes(config_.budget.count() / 2);
    case memory::Level::critical:
    case memory::Level::emergency: return {};
  }
  std::unreachable();
}

Bytes ResultCache::set_level(memory::Level level) {
  budget_ = budget_at(level);
  return shrink_to(budget_);
}

Bytes ResultCache::shrink_to(Bytes target) {
  const auto before = bytes();
  fit(target.count());
  if (target == Bytes()) {
    // Tables keep their buckets when they are emptied.
    by_key_ = {};
    ghost_by_key_ = {};
  }
  const auto given_back = minus(before, bytes());
  counts_.given_back_bytes += given_back.count();
  return given_back;
}

void ResultCache::drop(Queue::iterator entry) {
  (entry->is_main ? main_bytes_ : small_bytes_) -= entry->cost;
  by_key_.erase(entry->key);
  (entry->is_main ? main_ : small_).erase(entry);
}

void ResultCache::evict_from_small() {
  const auto last = std::prev(small_.end());
  // The paper asks for two; with a few thousand answers that each took seconds to make, one is proof enough.
  if (last->asked > 0) {
    last->asked = 0;
    last->is_main = true;
    small_bytes_ -= last->cost;
    main_bytes_ += last->cost;
    main_.splice(main_.begin(), small_, last);
    return;
  }
  remember(last->key);
  drop(last);
  ++counts_.evicted;
}

void ResultCache::evict_from_main() {
  const auto last = std::prev(main_.end());
  if (last->asked > 0) {
    --last->asked;
    main_.splice(main_.begin(), main_, last);
    return;
  }
  drop(last);
  ++counts_.evicted;
}

void ResultCache::remember(const ResultKey& key) {
  ghosts_.push_front(key);
  ghost_by_key_.emplace(key, ghosts_.begin());
}

bool ResultCache::forget(const ResultKey& key) {
  const auto found = ghost_by_key_.find(key);
  if (found == ghost_by_key_.end()) return false;
  ghosts_.erase(found->second);
  ghost_by_key_.erase(found);
  return true;
}

// Ends: each turn drops an entry or a key, moves an entry from small to main, or lowers a count that is at most 3.
void ResultCache::fit(std::uint64_t target) {
  while (true) {
    while (ghost_bytes() > target / kGhostPart) forget(ResultKey(ghosts_.back()));
    if (bytes().count() <= target) return;
    const bool small_is_full = small_bytes_ > target / kSmallPart;
    if (!small_.empty() && (small_is_full || main_.empty())) {
      evict_from_small();
    } else {
      evict_from_main();
    }
  }
}

std::uint64_t ResultCache::ghost_bytes() const noexcept { return ghosts_.size() * kGhostOverhead; }

}  // namespace holdfast::governor
