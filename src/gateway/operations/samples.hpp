/// One reading of memory and work a second, and the latest half hour of them. Pure but for what the ring holds.
///
/// Units: bytes; milliseconds since 1970. Ownership: the ring belongs to the operations board.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "memory/memory_view.hpp"
#include "runs/coordinator.hpp"

namespace holdfast::gateway {

struct Sample {
  static constexpr std::int64_t kUnknown = -1;  ///< It could not be read: null for those who are told.

  UnixMillis at = 0;
  std::int64_t used = kUnknown;
  std::int64_t limit = kUnknown;
  std::int64_t supervisor = kUnknown;  ///< Anonymous and shared memory of the server itself.
  std::int64_t workers = kUnknown;     ///< The same of all workers that could be read, together.
  std::uint32_t running = 0;
  std::uint32_t waiting = 0;
  memory::Level level = memory::Level::normal;
};

[[nodiscard]] Sample make_sample(UnixMillis at, const memory::MemoryView& view, const runs::CoordinatorStatus& runs);

/// Half an hour, in 100 KB.
inline constexpr std::size_t kMostSamples = 1800;

/// Invariant: sample number n stays until n + kMostSamples is pushed; numbers begin with 0 and have no gaps.
class SampleRing {
 public:
  SampleRing() { ring_.reserve(kMostSamples); }

  void push(const Sample& sample);

  /// Of the sample that is pushed next.
  [[nodiscard]] std::uint64_t end() const noexcept { return pushed_; }

  /// A JSON array of those from number `first` on that are still here, oldest first; each an array
  /// [at, used, limit, supervisor, workers, running, waiting, level].
  [[nodiscard]] std::string json_since(std::uint64_t first) const;

 private:
  std::vector<Sample> ring_;
  std::uint64_t pushed_ = 0;
};

}  // namespace holdfast::gateway
