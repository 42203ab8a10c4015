#include "tests/contract/governor/relief_contract.hpp"

#include <algorithm>
#include <optional>

namespace holdfast::governor::testing {
namespace {

using namespace std::chrono_literals;

/// For an action that ignores its cancellation: long for any machine, short of the test's own time-out.
constexpr auto kEnough = 30s;

Result<ReliefOutcome> ended(std::optional<Result<ReliefOutcome>>& result) {
  if (!result) return fail(ErrorCode::internal, "the action did not end");
  return std::move(*result);
}

}  // namespace

// The world may have tasks that go on for ever.
void ReliefContract::run_until_ended(const std::optional<Result<ReliefOutcome>>& result) {
  const auto patience = system_clock().steady() + kEnough;
  do {
    // The loop may have run out of work before.
    io_.restart();
    io_.run_one_for(1s);
  } while (!result && system_clock().steady() < patience);
  io_.restart();
  io_.poll();
}

Result<ReliefOutcome> ReliefContract::apply() {
  std::optional<Result<ReliefOutcome>> result;
  spawn(io_.get_executor(), "apply",
        [&]() -> awaitable<void> { result = co_await world_->action().apply(memory::Level::emergency); });
  run_until_ended(result);
  return ended(result);
}

Result<ReliefOutcome> ReliefContract::apply_cancelled_after(int turns) {
  std::optional<Result<ReliefOutcome>> result;
  asio::cancellation_signal stop;
  spawn(io_.get_executor(), "apply", stop,
        [&]() -> awaitable<void> { result = co_await world_->action().apply(memory::Level::emergency); });
  io_.restart();
  for (int turn = 0; turn < turns && !result; ++turn) io_.run_one_for(1s);
  if (!result) stop.emit(asio::cancellation_type::terminal);
  // What the signal posted must not outlive it.
  run_until_ended(result);
  return ended(result);
}

Result<ReliefOutcome> ReliefContract::apply_within(std::chrono::milliseconds patience) {
  std::optional<Result<ReliefOutcome>> result;
  spawn(io_.get_executor(), "apply", [&]() -> awaitable<void> {
    auto applied = world_->action().apply(memory::Level::emergency);
    const auto deadline = system_clock().steady() + patience;
    result = co_await with_deadline(std::move(applied), deadline);
  });
  run_until_ended(result);
  return ended(result);
}

TEST_P(ReliefContract, ItsNameIsALabel) {
  const auto name = world_->action().name();
  EXPECT_FALSE(name.empty());
  EXPECT_TRUE(std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; })) << name;
  EXPECT_EQ(name, world_->action().name());
}

TEST_P(ReliefContract, WithWorkItActs) {
  world_->make_work();
  const auto outcome = apply();
  ASSERT_TRUE(outcome) << outcome.error().message();
  EXPECT_TRUE(outcome->acted());
}

TEST_P(ReliefContract, TwiceIsAsGoodAsOnce) {
  world_->make_work();
  ASSERT_TRUE(apply());
  const auto again = apply();
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->given_back().value_or(Bytes()), Bytes()) << "the same bytes are not given back twice";
  world_->make_work();
  const auto later = apply();
  ASSERT_TRUE(later) << later.error().message();
  EXPECT_TRUE(later->acted());
}

TEST_P(ReliefContract, ItMayBeCancelledAtAnyTurnAndWorksAfterwards) {
  for (int turns = 0; turns < 12; ++turns) {
    SCOPED_TRACE(turns);
    world_->make_work();
    const auto broken_off = apply_cancelled_after(turns);
    if (!broken_off) EXPECT_EQ(broken_off.error().code(), ErrorCode::cancelled) << broken_off.error().message();
  }
  world_->make_work();
  const auto outcome = apply();
  ASSERT_TRUE(outcome) << outcome.error().message();
  EXPECT_TRUE(outcome->acted());
}

TEST_P(ReliefContract, WhenItHangsItEndsAtItsDeadlineAndWorksAfterwards) {
  world_->make_work();
  if (!world_->hang(true)) return;  // It has nothing to wait for.
  const auto late = apply_within(20ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), ErrorCode::deadline_exceeded) << late.error().message();
  world_->hang(false);
  world_->make_work();
  const auto outcome = apply();
  ASSERT_TRUE(outcome) << outcome.error().message();
  EXPECT_TRUE(outcome->acted());
}

}  // namespace holdfast::governor::testing
