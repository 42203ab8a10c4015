/// The relief ladder: takes the relief actions in their order, measuring what each one gives, until enough is free.
///
/// Ownership: owns its actions; one, on the supervisor strand. Every walk() has ended when it is destroyed. Reads
/// memory through the function it was given, and the time from the clock it was given; deadlines run on real time.
/// Invariants:
///   - One walk at a time. An ask that comes meanwhile joins it, and raises its level if its own is higher. Only a
///     manual ask does not join a walk for a level, which may do less, but follows it.
///   - A walk for a level takes the actions that are worth their cost at that level and are not known to be futile,
///     and stops once usage is at its target or under. It begins `rest` after the one before, unless the level has
///     risen since.
///   - Below critical, where nothing presses, a walk in vain doubles the rest, up to `longest_rest`, until one gives
///     something, more is used, or the need ends: idle workers may hold a warning level for days.
///   - A manual walk takes every action up to the cost it allows.
///   - In observe-only mode nothing is applied; the report says what would have been.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/event.hpp"
#include "governor/futility.hpp"
#include "governor/relief.hpp"
#include "governor/relief_report.hpp"

namespace holdfast::governor {

enum class LadderMode : unsigned char { act, observe_only };

struct LadderConfig {
  LadderMode mode = LadderMode::act;
  FutilityConfig futility;
  /// A collection and a trim were measured at up to 5 s; a worker's replacement takes a start more.
  std::chrono::milliseconds step_deadline{30'000};
  /// Between walks at the same level: what was freed must be seen by the readings before more is asked for.
  std::chrono::milliseconds rest{10'000};
  /// One more try of cheap actions in ten minutes is nothing, and what was useless may pay after all.
  std::chrono::milliseconds longest_rest{10 * 60'000};
  /// So much more in use than the last walk left is a new situation.
  Bytes news{16 * 1024 * 1024};
};

/// A class with constructors, not an aggregate: it crosses co_await.
class WalkRequest {
 public:
  /// Because of the level: until `target` or less is used. `used`: what is now, where it is known.
  static WalkRequest for_level(memory::Level level, Bytes target, std::optional<Bytes> used = std::nullopt) {
    return WalkRequest(WalkCause::level, level, target, used, ReliefCost::loses_warm_state);
  }
  /// Because somebody asked: everything up to `most`. `level` is the present one.
  static WalkRequest manual(memory::Level level, ReliefCost most = ReliefCost::loses_warm_state) {
    return WalkRequest(WalkCause::manual, level, Bytes(), std::nullopt, most);
  }

  WalkCause cause;
  memory::Level level;
  Bytes target;
  std::optional<Bytes> used;
  ReliefCost most;

 private:
  WalkRequest(WalkCause asked_cause, memory::Level at, Bytes until, std::optional<Bytes> now, ReliefCost allowed)
      : cause(asked_cause), level(at), target(until), used(now), most(allowed) {}
};

class ReliefLadder {
 public:
  /// What the process tree uses now, read afresh.
  using ReadUsed = std::function<Result<Bytes>()>;

  /// `actions` in the order in which they are taken, cheapest first.
  ReliefLadder(const asio::any_io_executor& executor, const Clock& clock, LadderConfig config, ReadUsed read_used,
               std::vector<std::unique_ptr<ReliefAction>> actions);
  ReliefLadder(const ReliefLadder&) = delete;
  ReliefLadder& operator=(const ReliefLadder&) = delete;

  /// Walks, or waits for the walk it joins. Cancelling the one who walks ends the walk after its present action
  /// (`cut_short`). cancelled: stopped while waiting for another's walk.
  awaitable<Result<WalkReport>> walk(WalkRequest request);

  /// Whether an ask for a level would walk now, or join. For callers that ask at every tick.
  [[nodiscard]] bool is_due(const WalkRequest& request) const noexcept;

  /// Nobody needs relief now: the next need is a new one.
  void no_need() noexcept { in_vain_ = 0; }

  [[nodiscard]] bool under_way() const noexcept { return current_ != nullptr; }

  /// The last walk that did, or would have done, something. Null before the first.
  [[nodiscard]] std::shared_ptr<const WalkReport> last() const noexcept { return last_; }

 private:
  struct Rung {
    std::unique_ptr<ReliefAction> action;
    Futility futility;
  };
  struct Walk {
    WalkRequest request;
    WalkReport report;
  };

  awaitable<void> take_rungs(Walk* walk);
  awaitable<StepReport> apply(Rung* rung, memory::Level level);
  [[nodiscard]] SkipReason reason_to_skip(const Rung& rung, const Walk& walk) const;
  [[nodiscard]] std::optional<Bytes> read_used() const;
  [[nodiscard]] std::chrono::milliseconds rest_before(const WalkRequest& request) const noexcept;
  [[nodiscard]] bool was_in_vain(const WalkReport& report) const noexcept;
  void finish(const std::shared_ptr<Walk>& walk);

  const Clock& clock_;
  LadderConfig config_;
  ReadUsed read_used_;
  std::vector<Rung> rungs_;
  Event done_;
  std::shared_ptr<Walk> current_;
  std::shared_ptr<const WalkReport> last_;
  int in_vain_ = 0;  ///< Walks for a level that gave nothing, in a row.
};

}  // namespace holdfast::governor
