/// Cuts what a worker prints into log lines, and keeps a noisy worker from filling the log. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace holdfast::workers {

class OutputLines {
 public:
  static constexpr std::size_t kMaxLine = 8 * 1024;
  /// Enough for a long stack trace at once; a worker that logs every query stays well below the rate.
  static constexpr double kBurst = 500;
  static constexpr double kPerSecond = 100;

  /// The lines that `text` completes, without their line ends. What a line has beyond kMaxLine is cut off.
  std::vector<std::string> feed(std::string_view text, SteadyTime now);

  /// The last line, when it has no end; empty when there is none.
  std::string finish();

  /// From here on last_line() speaks of what comes next only.
  void forget_last_line() noexcept { last_line_.clear(); }

  /// The latest line that was not blank, also one that was dropped.
  [[nodiscard]] const std::string& last_line() const noexcept { return last_line_; }

  /// Lines dropped since this was last asked.
  std::uint64_t take_dropped() noexcept;

 private:
  std::string take_line();
  bool spend(SteadyTime now) noexcept;

  std::string partial_;
  std::string last_line_;
  double allowance_ = kBurst;
  SteadyTime filled_at_{};
  std::uint64_t dropped_ = 0;
};

}  // namespace holdfast::workers
