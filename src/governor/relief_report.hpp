/// What a walk of the relief ladder did, step by step: the answer of POST /admin/relieve, and what the metrics count.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "governor/relief.hpp"
#include "memory/level.hpp"

namespace holdfast::governor {

enum class StepEnd : unsigned char { relieved, nothing_to_do, failed, timed_out, skipped };

enum class SkipReason : unsigned char {
  none,
  level,         ///< Not worth its cost at this level.
  cost,          ///< The ask excluded actions of this cost.
  futile,        ///< It gave nothing several times in a row and rests.
  target_met,    ///< No longer needed.
  observe_only,  ///< It would have been taken.
  cancelled,     ///< The walk was broken off before it.
};

[[nodiscard]] std::string_view to_string(StepEnd end) noexcept;
[[nodiscard]] std::string_view to_string(SkipReason reason) noexcept;

struct StepReport {
  std::string name;
  ReliefCost cost = ReliefCost::cheap;
  StepEnd end = StepEnd::skipped;
  SkipReason skipped = SkipReason::none;
  /// Absent when the step was skipped or the reading failed.
  std::optional<Bytes> before;
  std::optional<Bytes> after;
  std::optional<Bytes> given_back;  ///< As the action itself knows it.
  std::chrono::microseconds pause{0};
  std::string error;

  /// What the step won: as the action knows it, else by the readings; at least zero. Steps of one walk do not add up:
  /// what one frees may only be seen to go in the next. The walk's own readings are the sum.
  [[nodiscard]] Bytes returned() const noexcept;
};

enum class WalkEnd : unsigned char {
  walked,
  too_soon,   ///< The last walk is too short a while ago; nothing was done.
  cut_short,  ///< The one who asked was stopped.
};

[[nodiscard]] std::string_view to_string(WalkEnd end) noexcept;

enum class WalkCause : unsigned char { level, manual };

[[nodiscard]] std::string_view to_string(WalkCause cause) noexcept;

struct WalkReport {
  WalkCause cause = WalkCause::level;
  WalkEnd end = WalkEnd::walked;
  memory::Level level = memory::Level::normal;
  bool joined = false;  ///< Another ask had begun it.
  bool observe_only = false;
  bool target_met = false;
  SteadyTime ended_at;
  std::optional<Bytes> before;
  std::optional<Bytes> after;
  std::chrono::microseconds pause{0};
  std::vector<StepReport> steps;

  [[nodiscard]] Bytes returned() const noexcept;
  /// Whether any action was applied and had something to act on.
  [[nodiscard]] bool acted() const noexcept;
};

}  // namespace holdfast::governor
