/// What is known of each worker process: what it holds, what it held when it was fresh, what it keeps when idle.
///
/// Ownership: one, on the supervisor strand; no I/O, no clock. Fed by sightings of the pool, once a tick, and by
/// readings at the start and end of attempts.
/// Invariant: at most one entry a process that was sighted in the last tick, or read since then.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "memory/bands.hpp"
#include "memory/fragmentation.hpp"

namespace holdfast::governor {

enum class WorkerPhase : unsigned char { starting, idle, busy, ending };

/// A worker process as the pool sees it now.
struct WorkerSighting {
  int worker = 0;  ///< Its place in the pool.
  int pid = 0;
  WorkerPhase phase = WorkerPhase::starting;
  bool leaving = false;  ///< It gets no run any more: it is to be replaced, or ended.
  SteadyTime started_at;
  std::optional<Bytes> held;  ///< RssAnon + RssShmem of its tree. None: it could not be read.
  Bytes file;
  Bytes vm_size;
  memory::BandReport bands;  ///< As the agent in it tells; all unknown without one.
};

struct LedgerEntry {
  LedgerEntry(WorkerSighting first, memory::FragmentationConfig config) : now(first), detector(config) {}

  WorkerSighting now;
  Bytes held;                        ///< By the latest reading.
  SteadyTime read_at{};              ///< When that was.
  std::optional<Bytes> fresh_floor;  ///< When it was ready, before its first run.
  Bytes floor;                       ///< When it was last idle.
  std::uint64_t life = 0;            ///< A number that no other process gets.
  std::uint64_t runs = 0;            ///< Served by it.
  bool floor_due = false;            ///< A run has ended and the floor after it was not noted yet.
  std::string last_route;
  std::string most_telling_run;    ///< The run after which it kept most.
  std::int64_t most_retained = 0;  ///< Bytes that it kept after that.
  Bytes winnable;                  ///< What its replacement, once decided, will give back.
  std::optional<Bytes> replaces;   ///< The floor of the one before it, until its own is known.
  memory::FragmentationDetector detector;
};

class WorkerLedger {
 public:
  explicit WorkerLedger(memory::FragmentationConfig fragmentation = {}) : fragmentation_(fragmentation) {}

  /// Takes over what the pool sees; forgets who is gone, and returns what those gave back that were replaced.
  Bytes update(std::span<const WorkerSighting> sightings, SteadyTime now);

  [[nodiscard]] LedgerEntry* find(int pid);
  /// Of a process that may not have been sighted yet.
  LedgerEntry& at(int worker, int pid, SteadyTime now);

  /// The idle worker that the next run gets: the first place that has one. Null: none.
  [[nodiscard]] const LedgerEntry* next_idle() const;

  [[nodiscard]] std::list<LedgerEntry>& entries() noexcept { return entries_; }
  [[nodiscard]] const std::list<LedgerEntry>& entries() const noexcept { return entries_; }

  [[nodiscard]] bool one_starts() const;
  [[nodiscard]] bool one_leaves() const;

  /// The place `worker` is being emptied on purpose: what its process held is what its successor is compared with.
  void replacing(int worker, Bytes old_floor);

 private:
  struct Replaced {
    int worker;
    Bytes floor;
    int old_pid;
  };
  memory::FragmentationConfig fragmentation_;
  std::list<LedgerEntry> entries_;  ///< In the order of the sightings.
  std::list<Replaced> replaced_;
  std::uint64_t lives_ = 0;
};

}  // namespace holdfast::governor
