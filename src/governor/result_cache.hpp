/// Answers of finished runs, kept while memory is plentiful: the first thing to be given back.
///
/// Admission and eviction follow the idea of S3-FIFO (Yang et al., SOSP 2023): new answers pass a small queue, where
/// most of those that are never asked for again end; what was asked for again moves to the main queue; a list of the
/// keys that left the small queue lets an answer that comes back go to the main queue at once. One question asked by
/// everybody survives any number of questions asked once.
///
/// Ownership: one, on the supervisor strand. No I/O, no clock. A value handed out lives as long as somebody holds it,
/// also after it has left the cache; what is counted is what the cache holds.
/// Invariants:
///   - bytes() never exceeds budget(), entries and remembered keys with their overhead included.
///   - find() returns what was last put under an equal key, or nothing.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/bytes.hpp"
#include "governor/result_key.hpp"
#include "memory/level.hpp"

namespace holdfast::governor {

struct ResultCacheConfig {
  /// At level normal. Some 2,000 answers of 8 KB: 3 % of a 512 MB container.
  Bytes budget{16 * 1024 * 1024};
  /// One answer must not push out all others.
  Bytes largest{1024 * 1024};
};

class ResultCache {
 public:
  using Value = std::shared_ptr<const std::string>;

  struct Counts {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t puts = 0;
    std::uint64_t refused = 0;  ///< Larger than `largest`, or no budget at this level.
    std::uint64_t evicted = 0;
    std::uint64_t given_back_bytes = 0;  ///< By shrink_to() and set_level().
  };

  explicit ResultCache(ResultCacheConfig config = {}) : config_(config), budget_(config.budget) {}
  ResultCache(const ResultCache&) = delete;
  ResultCache& operator=(const ResultCache&) = delete;

  /// Null when there is none.
  [[nodiscard]] Value find(const ResultKey& key);

  /// Replaces what is there under this key. False when it is not kept; what was there is gone then too.
  bool put(const ResultKey& key, std::string value);

  /// Full at normal, half at warning, none from critical on.
  [[nodiscard]] Bytes budget_at(memory::Level level) const noexcept;

  /// Sets the budget. Gives back at once what is too much, and says how much that was.
  Bytes set_level(memory::Level level);

  /// Gives back at once until `target` or less is held. The budget stays.
  Bytes shrink_to(Bytes target);

  [[nodiscard]] Bytes bytes() const noexcept { return Bytes(small_bytes_ + main_bytes_ + ghost_bytes()); }
  [[nodiscard]] Bytes budget() const noexcept { return budget_; }
  [[nodiscard]] std::size_t entries() const noexcept { return by_key_.size(); }
  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }

 private:
  struct Entry {
    ResultKey key;
    Value value;
    std::uint64_t cost = 0;
    std::uint8_t asked = 0;  ///< Since it entered its queue, at most kMostAsked.
    bool is_main = false;
  };
  using Queue = std::list<Entry>;  ///< Newest first.

  void drop(Queue::iterator entry);
  void evict_from_small();
  void evict_from_main();
  void remember(const ResultKey& key);
  bool forget(const ResultKey& key);
  void fit(std::uint64_t target);
  [[nodiscard]] std::uint64_t ghost_bytes() const noexcept;

  ResultCacheConfig config_;
  Bytes budget_;
  Queue small_;
  Queue main_;
  std::uint64_t small_bytes_ = 0;
  std::uint64_t main_bytes_ = 0;
  std::unordered_map<ResultKey, Queue::iterator> by_key_;
  std::list<ResultKey> ghosts_;  ///< Keys that left the small queue, newest first.
  std::unordered_map<ResultKey, std::list<ResultKey>::iterator> ghost_by_key_;
  Counts counts_;
};

}  // namespace holdfast::governor
