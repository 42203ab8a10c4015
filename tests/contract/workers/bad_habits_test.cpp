// Habits that show over time: what leaks, what prints, what does not end.
#include "tests/contract/workers/pool_fixture.hpp"
#include "workers/output_lines.hpp"

namespace holdfast::workers {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class BadHabits : public PoolFixture {
 protected:
  std::uint64_t starts() const { return pool_->status().workers[0].starts; }
};

TEST_F(BadHabits, OneThatLeaksDescriptorsIsReplacedWhenItHasNoneLeft) {
  auto config = scripted_once("--leak-descriptors 20");
  config.limits.open_files = 64;
  start(config);
  bool lost_one = false;
  // It cannot accept any more: the attempt meets its deadline.
  for (int runs = 0; runs < 10 && !lost_one; ++runs) lost_one = !answered(serve(attempt("hello", 2'000ms)));
  EXPECT_TRUE(lost_one);
  expect_that_work_goes_on();
  EXPECT_EQ(starts(), 2U);
}

TEST_F(BadHabits, OneThatIgnoresACancelAndSigtermIsKilled) {
  auto config = scripted_once("--no-answer --ignore-sigterm");
  config.grace_period = 50ms;
  start(config);
  asio::cancellation_signal cancel;
  const auto served = begin(attempt("hello"), cancel);
  EXPECT_TRUE(until([&] { return pool_->status().workers[0].runs == 1; }));
  cancel.emit(asio::cancellation_type::terminal);
  EXPECT_TRUE(until([&] { return served->ended; }));
  expect_that_work_goes_on();
  EXPECT_EQ(starts(), 2U);
  stop();
  EXPECT_FALSE(has_children());
}

TEST_F(BadHabits, OneThatPrintsALotDuringARunIsReadAndNotKept) {
  start(scripted("--print-kb 100000"));
  testing::internal::CaptureStderr();
  EXPECT_TRUE(answered(serve("hello")));
  EXPECT_TRUE(answered(serve("again")));
  stop();
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_LT(log.size(), 100'000U);
  // It prints no line end: all of it is one line, whose end is its own.
  const auto kept = OutputLines::kMaxLine;
  EXPECT_THAT(log, HasSubstr("stream=stdout cut_bytes=" + std::to_string(2 * 100'000 * 1024UL - kept)));
}

TEST_F(BadHabits, WhatItPrintsDuringARunIsLoggedWithTheRun) {
  start(scripted("--print-kb 1"));
  testing::internal::CaptureStderr();
  EXPECT_TRUE(answered(serve("hello")));
  EXPECT_TRUE(until([&] { return pool_->status().ready == 1; }));
  const auto pid = std::to_string(pool_->status().workers[0].pid);
  stop();
  const auto log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, HasSubstr("workers.output worker=1 pid=" + pid +
                             " stream=stderr run_id=00000000-0000-7000-8000-000000000001 line=\"printed 1 KB, "
                             "caf\\\\xe9\""));
}

}  // namespace
}  // namespace holdfast::workers
