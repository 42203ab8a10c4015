/// The memory of one attempt at a run, from its admission to its end: its promise, what was seen of it, its receipt.
///
/// Ownership: shared by whoever runs the attempt and, weakly, by the governor, which feeds it. Dropping it gives the
/// promise back. Runs on: supervisor strand.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "governor/reservations.hpp"
#include "memory/level.hpp"

namespace holdfast::governor {

/// What an attempt cost, for the run's `usage.memory`. Of the worker's process tree, RssAnon + RssShmem.
struct MemoryReceipt {
  Bytes before;
  Bytes peak;   ///< The most that was seen; readings are taken once a tick and at the end.
  Bytes after;  ///< At the end of the attempt.
  std::int64_t retained = 0;
  Bytes predicted;  ///< What the attempt was expected to grow by at most.
  memory::Level level_at_start = memory::Level::normal;
  Bytes relief;  ///< Won back while the run waited for memory.
  /// Its process served other runs meanwhile: before, peak and after are of all of them together, `retained` is this
  /// one's equal part of what they kept.
  bool shared = false;
};

struct AttemptMemory {
  std::string run;  ///< Empty until it is given to its worker.
  std::string route;
  int worker = 0;
  int pid = 0;
  SteadyTime started_at;
  bool over_ceiling = false;  ///< It did not fit, and goes because nothing else is running.
  bool alone = false;
  int given_up_before = 0;
  bool retriable = true;  ///< Given up, it is tried again; else it has failed.
  bool given_up = false;  ///< Its process is being ended for memory.
  ReservationHold hold;
  MemoryReceipt receipt;  ///< `peak` and `after` are of the latest reading until the end.

  std::int64_t grown = 0;  ///< Its part of what its worker has grown by since it started.
  std::int64_t most_grown = 0;

  /// A reading of its worker, which serves `runs` runs at the moment: each is taken to have caused an equal part of
  /// what has changed since the reading before. Those of one worker are told the same readings.
  void saw(Bytes held, std::size_t runs = 1) noexcept {
    const auto change = static_cast<std::int64_t>(held.count()) - static_cast<std::int64_t>(receipt.after.count());
    grown += change / static_cast<std::int64_t>(runs);
    most_grown = std::max(most_grown, grown);
    hold.saw(grown_now());
    receipt.after = held;
    receipt.peak = std::max(receipt.peak, held);
    receipt.retained = grown;
    receipt.shared = receipt.shared || runs > 1;
  }

  [[nodiscard]] Bytes grown_now() const noexcept {
    return Bytes(static_cast<std::uint64_t>(std::max(grown, std::int64_t{0})));
  }

  /// How far it has grown at its worst.
  [[nodiscard]] Bytes grown_at_most() const noexcept { return Bytes(static_cast<std::uint64_t>(most_grown)); }
};

}  // namespace holdfast::governor
