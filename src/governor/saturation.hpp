/// Saturation always ends: when the level stays critical although relief has done what it can, workers are replaced one
/// by one, those first whose loss is smallest; when that does not help either, a restart of the supervisor is
/// recommended and, after a jitter, due.
///
/// Saturation is critical or above for `after` without a break, while what is held apart from the running runs is
/// itself too much. A run that needs most of the memory is load: it ends by itself, and replacing workers would not
/// help it.
///
/// Ownership: one, on the supervisor strand; no I/O, no clock. `now` never goes backwards.
/// Invariants:
///   - Each worker is named at most once in a saturation, and one that was started during it never. So within
///     `relief_patience` and (workers at its start + 1) x (`replace_patience` + `settle`) a saturation is over, or a
///     restart recommended.
///   - The end of a replacement and its effect are awaited before the next, for at most `replace_patience`.
///   - Never two restarts within `restart_interval`, counted from the start of the process.
#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "memory/level.hpp"

namespace holdfast::governor {

struct SaturationConfig {
  /// Longer than a relief walk with one collection and one trim.
  std::chrono::milliseconds after{15'000};
  /// A relief walk is awaited for this long; if none comes, the ladder is broken and workers are replaced without it.
  std::chrono::milliseconds relief_patience{60'000};
  /// After a replacement: more than the dwell after which a level falls (5 s).
  std::chrono::milliseconds settle{7'000};
  /// A worker that does not finish its run within this is passed over.
  std::chrono::milliseconds replace_patience{5 * 60'000};
  /// Of the limit, held apart from the runs. Below the warning level idle memory is not what saturates.
  double floor_share = 0.39;
  std::chrono::milliseconds restart_interval{60 * 60'000};  ///< 0: a restart is recommended and never due.
  /// Several instances on one machine must not restart together.
  std::chrono::milliseconds restart_jitter{60'000};
};

struct SaturationWorker {
  int id = 0;
  bool busy = false;
  std::chrono::milliseconds run_age{0};  ///< Of its run, when busy.
  Bytes winnable;                        ///< What a fresh worker would hold less.
  SteadyTime started_at;
};

struct SaturationInput {
  SteadyTime now;
  memory::Level level = memory::Level::normal;
  Bytes used;
  Bytes limit;
  Bytes held_by_runs;                         ///< The sum of what the running runs are above their floors.
  std::optional<SteadyTime> relief_ended_at;  ///< Of the last relief walk.
  std::span<const SaturationWorker> workers;
  bool replacing = false;  ///< A worker is being replaced.
};

enum class SaturationAction : unsigned char {
  none,
  replace_worker,     ///< The worker named: at once when idle, after its run when busy.
  recommend_restart,  ///< Replacing workers did not help. Said once.
  restart,            ///< Due now, gracefully. Said once per interval.
};

[[nodiscard]] std::string_view to_string(SaturationAction action) noexcept;

struct SaturationStep {
  SaturationAction action = SaturationAction::none;
  int worker = 0;
};

class SaturationTracker {
 public:
  /// `uniform` is a random number in [0, 1): this process's share of the jitter.
  SaturationTracker(SaturationConfig config, SteadyTime process_started_at, double uniform);

  /// Every tick.
  SaturationStep update(const SaturationInput& input);

  /// Since when it has been saturated, if it is: critical for `after` and more.
  [[nodiscard]] std::optional<SteadyTime> since() const noexcept { return saturated_ ? began_ : std::nullopt; }
  [[nodiscard]] bool restart_recommended() const noexcept { return recommended_at_.has_value(); }

 private:
  [[nodiscard]] bool is_stuck(const SaturationInput& input) const;
  [[nodiscard]] bool awaits_replacement(const SaturationInput& input);
  [[nodiscard]] const SaturationWorker* smallest_loss(std::span<const SaturationWorker> workers,
                                                      SteadyTime began) const;
  SaturationStep judge_restart(SteadyTime now);
  void end() noexcept;

  SaturationConfig config_;
  std::chrono::milliseconds jitter_;
  SteadyTime restarted_at_;

  std::optional<SteadyTime> began_;  ///< Critical since then, without a break.
  bool saturated_ = false;
  std::set<int> asked_;                       ///< Workers named in this saturation.
  std::optional<SteadyTime> asked_at_;        ///< While a replacement is awaited.
  bool awaited_other_ = false;                ///< One that something else had begun.
  std::optional<SteadyTime> last_replacing_;  ///< When one was last seen under way, since then.
  std::optional<SteadyTime> recommended_at_;
};

}  // namespace holdfast::governor
