/// A relief action that does as it is told, over a number that stands for the memory in use.
#pragma once

#include <string>

#include "governor/relief.hpp"
#include "governor/saturating.hpp"
#include "tests/support/manual_clock.hpp"

namespace holdfast::governor::testing {

/// What the scripted actions free, and how long they take.
struct ScriptedMemory {
  Bytes used;
  holdfast::testing::ManualClock clock;
};

struct ReliefScript {
  std::string name = "scripted";
  ReliefCost cost = ReliefCost::cheap;
  memory::Level from_level = memory::Level::warning;
  Bytes held;            ///< What it can free; nothing to do when zero.
  Bytes freed_at_once;   ///< Of that, at one go; zero: all.
  bool in_vain = false;  ///< It acts and frees nothing.
  bool hangs = false;    ///< Until it is cancelled.
  bool fails = false;
  int suspensions = 2;                 ///< Turns of the event loop it takes.
  std::chrono::milliseconds takes{0};  ///< Of the manual clock.
};

class ScriptedRelief final : public ReliefAction {
 public:
  ScriptedRelief(ReliefScript& script, ScriptedMemory& memory) : script_(script), memory_(memory) {}

  [[nodiscard]] std::string_view name() const noexcept override { return script_.name; }
  [[nodiscard]] ReliefCost cost() const noexcept override { return script_.cost; }
  [[nodiscard]] memory::Level from_level() const noexcept override { return script_.from_level; }
  [[nodiscard]] int applied() const noexcept { return applied_; }

  awaitable<Result<ReliefOutcome>> apply(memory::Level) override {
    if (script_.held == Bytes() && !script_.in_vain && !script_.fails && !script_.hangs) {
      co_return ReliefOutcome::nothing_to_do();
    }
    for (int turn = 0; turn < script_.suspensions; ++turn) {
      const bool awake = co_await sleep_until(SteadyTime::min());
      if (!awake) co_return fail(ErrorCode::cancelled, script_.name);
    }
    if (script_.hangs) {
      co_await sleep_until(SteadyTime::max());
      co_return fail(ErrorCode::cancelled, script_.name);
    }
    ++applied_;
    memory_.clock.advance(script_.takes);
    if (script_.fails) co_return fail(ErrorCode::unavailable, script_.name + " is out of order");
    if (script_.in_vain) co_return ReliefOutcome::relieved();
    const auto part = script_.freed_at_once == Bytes() ? script_.held : std::min(script_.held, script_.freed_at_once);
    script_.held = minus(script_.held, part);
    memory_.used = minus(memory_.used, part);
    co_return ReliefOutcome::relieved();
  }

 private:
  ReliefScript& script_;
  ScriptedMemory& memory_;
  int applied_ = 0;
};

}  // namespace holdfast::governor::testing
