/// The memory of one attempt at a run, from its admission to its end: its promise, what was seen of it, its receipt.
///
/// Ownership: shared by whoever runs the attempt and, weakly, by the governor, which feeds it. Dropping it gives the
/// promise back. Runs on: supervisor strand.
#pragma once

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

  /// A reading of its worker.
  void saw(Bytes held) noexcept {
    hold.saw(held > receipt.before ? Bytes(held.count() - receipt.before.count()) : Bytes());
    receipt.after = held;
    receipt.peak = held > receipt.peak ? held : receipt.peak;
    receipt.retained = static_cast<std::int64_t>(held.count()) - static_cast<std::int64_t>(receipt.before.count());
  }

  /// How far it has grown at its worst.
  [[nodiscard]] Bytes grown_at_most() const noexcept {
    return receipt.peak > receipt.before ? Bytes(receipt.peak.count() - receipt.before.count()) : Bytes();
  }
};

}  // namespace holdfast::governor
