/// Says when a process holds much memory that its program has given back. Pure.
///
/// Ownership: one detector a process, on the supervisor strand; it reads no clock.
/// Invariants:
///   - Bytes first, ratio second: a ratio of small numbers is not news.
///   - Where live bytes are unknown nothing is said of fragmentation by measure: growth alone is told as growth.
///   - At most one finding an interval, whatever happens; what was held back is counted.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "memory/bands.hpp"

namespace holdfast::memory {

enum class FragmentationCause : unsigned char {
  held,      ///< Much is held beyond the live bytes.
  growth,    ///< Resident memory grew since the baseline, and live bytes do not explain it.
  vm_ratio,  ///< VMS/RSS, where the setting lets it decide.
};

[[nodiscard]] std::string_view to_string(FragmentationCause cause) noexcept;

struct FragmentationConfig {
  /// Both must be met. 0.3: over 1.4 resident bytes for a live one, from where Valkey calls a heap fragmented.
  double held_share = 0.3;
  Bytes held{50ULL * 1024 * 1024};
  Bytes growth{100ULL * 1024 * 1024};  ///< Must be passed.
  bool vm_ratio_decides = false;       ///< Off: it is met practically always (see fragmentation_ratio).
  double vm_ratio = 2.0;               ///< Must be passed.
  std::chrono::steady_clock::duration interval = std::chrono::minutes(1);
};

struct FragmentationReading {
  Bands bands;
  Bytes vm_size;
};

/// The numbers of a `FRAGMENTATION DETECTED` line.
struct FragmentationFinding {
  FragmentationCause cause = FragmentationCause::held;
  FragmentationReading reading;
  std::optional<double> ratio;          ///< VMS/RSS.
  std::optional<double> fragmentation;  ///< 1 - live/resident.
  Bytes baseline;                       ///< Resident memory that growth is counted from.
  Bytes growth;                         ///< Zero when it shrank.
  std::uint64_t held_back = 0;          ///< Findings since the last one told.
};

class FragmentationDetector {
 public:
  explicit FragmentationDetector(FragmentationConfig config) : config_(config) {}

  /// What growth is counted from: the first reading, until it is set; to be set again once relief or a recycle has
  /// been.
  void set_baseline(const FragmentationReading& reading) { baseline_ = reading.bands; }

  /// The finding to be told now, if any.
  std::optional<FragmentationFinding> update(const FragmentationReading& reading, SteadyTime now);

  /// Whether the last reading was one of fragmentation, told or not.
  [[nodiscard]] bool is_fragmented() const noexcept { return cause_.has_value(); }
  /// Growth of resident memory over the baseline; zero when it shrank.
  [[nodiscard]] Bytes growth() const noexcept { return growth_; }
  [[nodiscard]] Bytes baseline() const noexcept { return baseline_ ? baseline_->resident : Bytes(); }

 private:
  [[nodiscard]] std::optional<FragmentationCause> cause_of(const FragmentationReading& reading) const noexcept;

  FragmentationConfig config_;
  std::optional<Bands> baseline_;
  Bytes growth_;
  std::optional<FragmentationCause> cause_;
  std::optional<SteadyTime> told_at_;
  std::uint64_t held_back_ = 0;
};

/// The log line: "FRAGMENTATION DETECTED cause=held resident_bytes=… …"; what is unknown is written "unknown".
[[nodiscard]] std::string to_log_line(const FragmentationFinding& finding);

}  // namespace holdfast::memory
