/// Cuts what a worker prints into log lines, and keeps a noisy worker from filling the log. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace holdfast::workers {

/// Where a worker prints.
enum class OutputStream : unsigned char { standard_output, standard_error };

inline constexpr std::array kOutputStreams{OutputStream::standard_output, OutputStream::standard_error};

/// "stdout", "stderr".
[[nodiscard]] std::string_view to_string(OutputStream stream) noexcept;

/// Well-formed UTF-8: what the worker printed otherwise is escaped, as in "\xff".
struct OutputLine {
  std::string text;
  std::size_t cut = 0;  ///< Bytes beyond OutputLines::kMaxLine, which are lost.
};

class OutputLines {
 public:
  static constexpr std::size_t kMaxLine = 8 * 1024;
  /// Enough for a long stack trace at once; a worker that logs every query stays well below the rate.
  static constexpr double kBurst = 500;
  static constexpr double kPerSecond = 100;

  /// The lines that `text` completes, without their line ends; blank ones are left out.
  std::vector<OutputLine> feed(std::string_view text, SteadyTime now);

  /// The last line, when it has no end; empty when there is none.
  OutputLine finish();

  /// From here on last_line() speaks of what comes next only.
  void forget_last_line() noexcept { last_line_.clear(); }

  /// The latest line that was not blank, also one that was dropped.
  [[nodiscard]] std::string last_line() const;

  /// Lines dropped since this was last asked.
  std::uint64_t take_dropped() noexcept;

 private:
  void add_to_line(std::string_view piece);
  OutputLine take_line();
  bool spend(SteadyTime now) noexcept;

  OutputLine partial_;
  std::string last_line_;
  double allowance_ = kBurst;
  SteadyTime filled_at_{};
  std::uint64_t dropped_ = 0;
};

}  // namespace holdfast::workers
