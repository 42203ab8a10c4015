/// Whose answer may stand for whose: what makes two questions equal, and the answers that are kept.
///
/// A key is made of the prompt, the other members of the request, the route, the data, and who may see the answer.
/// What is not in it must not matter: hence only runs whose worker is sent nothing but the request are looked up and
/// kept (Coordinator::key_for_sharing()), and an answer is kept only if everything still is as it was when its run
/// was accepted.
///
/// Ownership: part of the coordinator. Runs on: supervisor strand. No I/O but `read_data_version`.
/// Invariants:
///   - No wrong hit: what find() gives is an answer that a worker could have given now to a run of that key.
///   - Once the data has changed nothing is shared any more: a worker that has it open may still read the old one.
///   - clear() holds for the runs under way too: their answers are not kept.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "governor/result_cache.hpp"
#include "journal/record.hpp"

namespace holdfast::runs {

struct AnswerCacheConfig {
  std::string off_because = "nobody switched it on";  ///< Empty: it is on.
  governor::ResultCacheConfig sizes;
  bool for_everybody = false;  ///< One user may be given what another was answered.
  /// Names all that answers are computed from. Absent: cannot be read. Empty function: there is nothing to watch.
  std::function<std::optional<std::string>()> read_data_version;
};

/// The answer of a finished run, for another one. Cheap to copy.
class SharedAnswer {
 public:
  explicit SharedAnswer(governor::ResultCache::Value packed) : packed_(std::move(packed)) {}
  static SharedAnswer of(const journal::Run& run);

  [[nodiscard]] std::string from() const;  ///< The run that was answered.
  [[nodiscard]] std::string result() const;
  [[nodiscard]] const std::string& packed() const noexcept { return *packed_; }

 private:
  governor::ResultCache::Value packed_;  ///< Run id and result.
};

struct AnswerCacheStatus {
  std::string off_because;  ///< Empty: it is on.
  governor::ResultCache::Counts counts;
  std::uint64_t shared = 0;  ///< Answers of a run that was under way when the same was asked.
  std::size_t entries = 0;
  Bytes bytes;
  Bytes budget;  ///< At the present level.
};

struct Cleared {
  std::size_t entries = 0;
  Bytes bytes;
};

class AnswerCache {
 public:
  explicit AnswerCache(AnswerCacheConfig config);

  /// Absent: nothing is shared.
  [[nodiscard]] std::optional<governor::ResultKey> key_of(const journal::Run& run);

  [[nodiscard]] std::optional<SharedAnswer> find(const governor::ResultKey& key);

  /// `run`, whose key at its acceptance was `key`, has completed. Its answer, for who waits for it; kept as far as the
  /// budget allows. Absent: it is nobody else's.
  std::optional<SharedAnswer> keep(const governor::ResultKey& key, const journal::Run& run);

  void count_shared() noexcept { ++shared_; }

  /// Forgets everything, what is being computed included.
  Cleared clear();

  void set_level(memory::Level level) { entries_.set_level(level); }

  /// For its rung of the relief ladder.
  [[nodiscard]] governor::ResultCache& entries() noexcept { return entries_; }

  [[nodiscard]] AnswerCacheStatus status() const;

 private:
  bool is_on();

  AnswerCacheConfig config_;
  governor::ResultCache entries_;
  std::string data_version_;  ///< At the start.
  std::uint64_t cleared_ = 0;
  std::uint64_t shared_ = 0;
};

}  // namespace holdfast::runs
