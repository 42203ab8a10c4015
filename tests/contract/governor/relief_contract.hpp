/// What every relief action is held to. A test program instantiates the suite with its actions and links
/// relief_contract.cpp:
///
///   INSTANTIATE_TEST_SUITE_P(Mine, ReliefContract, ::testing::Values(ReliefCase{"mine", make_mine}), name_of_case);
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "governor/relief.hpp"

namespace holdfast::governor::testing {

/// An action together with the world it acts on.
class ReliefUnderTest {
 public:
  virtual ~ReliefUnderTest() = default;
  virtual ReliefAction& action() = 0;
  /// Gives it something to free. May be called again; never during an apply().
  virtual void make_work() = 0;
  /// From now on apply() does not end by itself, or (false) does again. False when this action cannot be made to hang.
  virtual bool hang(bool hangs) = 0;
};

struct ReliefCase {
  std::string name;
  std::function<std::unique_ptr<ReliefUnderTest>(const asio::any_io_executor&)> make;
};

[[nodiscard]] inline std::string name_of_case(const ::testing::TestParamInfo<ReliefCase>& info) {
  return info.param.name;
}

class ReliefContract : public ::testing::TestWithParam<ReliefCase> {
 protected:
  ReliefContract() : world_(GetParam().make(io_.get_executor())) {}

  /// Runs apply() to its end.
  Result<ReliefOutcome> apply();
  /// Begins apply(), lets the event loop take `turns` turns, cancels, and runs it to its end.
  Result<ReliefOutcome> apply_cancelled_after(int turns);
  /// Runs apply() with a deadline.
  Result<ReliefOutcome> apply_within(std::chrono::milliseconds patience);

  void run_until_ended(const std::optional<Result<ReliefOutcome>>& result);

  asio::io_context io_;
  std::unique_ptr<ReliefUnderTest> world_;
};

}  // namespace holdfast::governor::testing
