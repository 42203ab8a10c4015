/// One way of giving memory back.
///
/// Contract (tests/contract/governor/relief_contract.hpp holds every action to it):
///   - apply() may be called again at any time after it ended, whatever it ended with; twice is as good as once.
///   - It may be cancelled at any suspension point, ends soon after, and leaves nothing half done.
///   - It finishes or fails by the deadline the ladder sets (which cancels it), holding no lock across an await.
///   - It reports what happened. Whether memory fell is for the next reading to say, except for an action that knows it
///     exactly: what it frees may stay with our own allocator, where no reading sees it.
///   - An action that pauses a process acts on idle or draining workers only.
/// Runs on: supervisor strand; work that blocks is moved elsewhere by the action.
#pragma once

#include <optional>
#include <string_view>

#include "base/async.hpp"
#include "base/bytes.hpp"
#include "memory/level.hpp"

namespace holdfast::governor {

/// What an action costs those who are served. Ordered: a later one costs more.
enum class ReliefCost : unsigned char {
  cheap,             ///< Nobody notices.
  pauses_worker,     ///< An idle worker is busy with it for a while (measured: 0.35 to 4.8 s).
  loses_warm_state,  ///< Something must be built up again: a worker's start, its caches, its connections.
};

[[nodiscard]] std::string_view to_string(ReliefCost cost) noexcept;

/// A class with constructors, not an aggregate: it crosses co_await (docs/decisions/0002-compiler.md).
class ReliefOutcome {
 public:
  /// It acted.
  static ReliefOutcome relieved(std::optional<Bytes> given_back = std::nullopt) {
    return ReliefOutcome(true, given_back);
  }
  /// There was nothing to act on, and it cost nobody anything.
  static ReliefOutcome nothing_to_do() { return ReliefOutcome(false, std::nullopt); }

  [[nodiscard]] bool acted() const noexcept { return acted_; }
  /// For actions that know it exactly.
  [[nodiscard]] std::optional<Bytes> given_back() const noexcept { return given_back_; }

 private:
  ReliefOutcome(bool acted, std::optional<Bytes> given_back) : acted_(acted), given_back_(given_back) {}

  bool acted_;
  std::optional<Bytes> given_back_;
};

class ReliefAction {
 public:
  virtual ~ReliefAction() = default;
  /// snake_case, constant: a label of metrics.
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  [[nodiscard]] virtual ReliefCost cost() const noexcept = 0;
  /// The lowest level at which it is worth its cost.
  [[nodiscard]] virtual memory::Level from_level() const noexcept = 0;
  virtual awaitable<Result<ReliefOutcome>> apply(memory::Level level) = 0;
};

}  // namespace holdfast::governor
