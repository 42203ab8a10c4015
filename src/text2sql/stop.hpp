/// Whether to go on: the question every long piece of work asks between steps.
///
/// Ownership: the caller of a run owns the StopCheck; everything below only asks. Runs on: the worker's one thread.
#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"

namespace holdfast::text2sql {

class StopCheck {
 public:
  virtual ~StopCheck() = default;

  /// cancelled: nobody waits for the answer any more. deadline_exceeded: the time given is used up.
  /// unavailable: the program was told to end.
  [[nodiscard]] virtual Result<void> check() = 0;

  /// When the time given is used up.
  [[nodiscard]] virtual SteadyTime deadline() const = 0;
};

/// A deadline and nothing else: for the command line and for tests.
class DeadlineCheck final : public StopCheck {
 public:
  DeadlineCheck(const Clock& clock, SteadyTime deadline) : clock_(clock), deadline_(deadline) {}
  [[nodiscard]] Result<void> check() override {
    if (clock_.steady() >= deadline_) return fail(ErrorCode::deadline_exceeded, "the time for this run is used up");
    return {};
  }
  [[nodiscard]] SteadyTime deadline() const override { return deadline_; }

 private:
  const Clock& clock_;
  SteadyTime deadline_;
};

}  // namespace holdfast::text2sql
