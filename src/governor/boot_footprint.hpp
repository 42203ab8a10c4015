/// What a fresh worker holds once it is ready, before its first run. Decides whether a second one fits beside the old.
///
/// Ownership: one per worker command, on the supervisor strand. Pure but for what it holds.
#pragma once

#include <deque>
#include <optional>

#include "base/bytes.hpp"

namespace holdfast::governor {

class BootFootprint {
 public:
  void observe(Bytes held_when_ready);

  /// The largest of the last few: a start that was lucky must not let two workers in where one fits. Absent until a
  /// worker was measured.
  [[nodiscard]] std::optional<Bytes> expected() const;

 private:
  /// Enough to outlive one odd start; few enough that a new version of the backend is believed after eight starts.
  static constexpr std::size_t kKept = 8;

  std::deque<Bytes> latest_;
};

}  // namespace holdfast::governor
