/// The governor: keeps the worker processes within the memory limit. Brings the decisions of this module together and
/// remembers what they need; acts on nothing itself.
///
/// Whoever starts attempts asks admit() for the head of the queue, and tells the end of each. Whoever ticks calls
/// tick(), and does what the orders say.
///
/// Ownership: one, on the supervisor strand. Borrows the view and the functions it was given, which outlive it.
/// Invariants: those of admission.hpp, recycling.hpp, preemption.hpp and saturation.hpp;
///   - what is ordered in one tick is decided on one snapshot;
///   - in observe-only mode nothing waits for memory and nothing is ordered: what would have been is counted and
///   logged.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "governor/attempt_memory.hpp"
#include "governor/boot_footprint.hpp"
#include "governor/governor_status.hpp"
#include "governor/relief_ladder.hpp"
#include "governor/route_ledger.hpp"
#include "governor/saturation.hpp"
#include "governor/worker_ledger.hpp"
#include "memory/memory_view.hpp"

namespace holdfast::governor {

struct GovernorConfig {
  AdmissionConfig admission;
  RecycleConfig recycling;
  SaturationConfig saturation;
  PeakEstimateConfig peaks;
  memory::FragmentationConfig fragmentation;
  bool observe_only = false;
  double restart_share = 0;  ///< Of SaturationConfig::restart_jitter, in [0, 1): random, of this process.
  /// After a worker was stopped for another's sake, none is started only to be at hand.
  std::chrono::milliseconds spare_rest{30'000};
};

/// Something that operators look for later: a kind of incident (journal/incident.hpp) and its figures, a JSON object.
using NoteIncident = std::function<void(std::string_view kind, std::string body)>;

class Governor {
 public:
  struct Senses {
    /// What the process tree of a worker holds now. None: it is gone or cannot be read. Some 16 microseconds a process.
    std::function<std::optional<Bytes>(int pid)> read_worker;
    /// Takes a new snapshot into the view now, between two ticks.
    std::function<void()> look;
    NoteIncident note;  ///< May be empty.
    /// How much of that is there on paper only (Probe::overcount). May be empty.
    std::function<std::optional<memory::Overcount>(int pid)> overcount;
    /// An attempt begins: what is seen at ticks is of interest now. May be empty.
    std::function<void()> wake;
  };

  Governor(GovernorConfig config, const Clock& clock, const memory::MemoryView& view, Senses senses);
  Governor(const Governor&) = delete;
  Governor& operator=(const Governor&) = delete;

  /// The run at the head of the queue, and the worker it would get: idle, or one that serves several at a time.
  struct Ask {
    std::string_view route;
    Bytes cut_short_at;  ///< The largest peak of its earlier attempts that did not come to their end.
    int given_up_before = 0;
    int worker = 0;
    int pid = 0;
  };

  using Verdict = std::variant<std::shared_ptr<AttemptMemory>, Waiting>;

  /// Asks for the head of our queue: while it waits, room is made for it.
  Verdict admit(const Ask& ask);

  /// Asks for a run that is not in our queue yet, and goes there when it may not start at once.
  Verdict admit_newcomer(const Ask& ask);

  /// The queue is empty: nobody waits for memory any more.
  void nothing_waits() noexcept { head_waits(std::nullopt); }

  /// The attempt, which was admitted, is given to its worker.
  void begin(AttemptMemory& attempt, std::string run);

  /// The attempt is over; the worker still holds what it left behind. Takes a reading, gives the promise back, and
  /// returns the receipt. Once an attempt, after begin().
  MemoryReceipt end(AttemptMemory& attempt, PeakKind kind);

  /// Whether the kernel has just ended a process of ours for memory; one kill explains one death. None: the kernel does
  /// not tell.
  std::optional<bool> kernel_killed();

  /// The actions of the ladder, so that they are reported before the first of them was taken.
  void set_relief_actions(std::span<const std::string_view> names);

  /// What the routes' runs need, to outlive the process; and where an earlier one left off.
  [[nodiscard]] std::vector<RoutePeaks> learned_peaks() const { return routes_.learned(); }
  void restore_peaks(std::span<const RoutePeaks> learned) { routes_.restore(learned); }

  struct Replacement {
    int worker = 0;
    RecycleDecision decision;
  };
  struct Orders {
    std::optional<Preemption> give_up;
    std::vector<Replacement> replace;
    std::vector<int> start;  ///< Places whose workers are to be started.
    std::optional<WalkRequest> relieve;
    SaturationAction supervisor = SaturationAction::none;  ///< recommend_restart, restart, or none.
  };

  struct Tick {
    std::span<const WorkerSighting> workers;
    std::span<const int> parked;  ///< Places without a process, which would start one if asked.
    std::size_t waiting = 0;      ///< Runs in our queue.
    std::optional<memory::LevelChange> level_change;
    std::optional<SteadyTime> relief_ended_at;
  };

  /// After each snapshot of the regular tick.
  Orders tick(const Tick& tick);

  /// Between two ticks, while a run waits for memory: a worker has become idle, or its process has ended. Says who is
  /// to be replaced and who to be started, and no more: what is told by growth from tick to tick is left to the ticks.
  Orders reconsider(const Tick& tick);

  /// An attempt is admitted and not over.
  [[nodiscard]] bool any_runs() const noexcept { return !book_.running().empty(); }

  /// The head of our queue waits for memory: for room, or for the level to fall.
  [[nodiscard]] bool waits_for_memory() const noexcept;

  /// The run after which the process in this place kept most, and how much that was. None: it kept nothing.
  struct MostRetained {
    std::string run;
    Bytes bytes;
  };
  [[nodiscard]] std::optional<MostRetained> most_retained(int worker) const;

  /// An attempt could not be given up: it has ended meanwhile.
  void spared(const RunId& run);

  /// Somebody wants this worker replaced.
  void ask_to_replace(int worker, RecycleReason reason);

  /// How often tick() was called.
  [[nodiscard]] std::uint64_t ticks() const noexcept { return ticks_; }

  /// Relief wants every idle worker replaced that would give back enough by it: idle as the last tick has seen them.
  /// Returns how many.
  int ask_to_replace_idle();

  /// A replacement is asked for or under way.
  [[nodiscard]] bool replacing() const { return !asked_.empty() || ledger_.one_leaves() || ledger_.one_starts(); }

  /// A walk of the ladder has ended.
  void relieved(const WalkReport& report);

  /// Counters and what the head waits for are of this moment, the rest is up to a second old.
  [[nodiscard]] const GovernorStatus& status() const noexcept { return status_; }

 private:
  [[nodiscard]] Bytes used() const;
  [[nodiscard]] Bytes limit() const;
  [[nodiscard]] Bytes headroom() const;
  [[nodiscard]] Bytes speculative() const;
  [[nodiscard]] Bytes starting() const;
  [[nodiscard]] bool is_worth_stopping(const LedgerEntry& worker) const;
  [[nodiscard]] Bytes least_used() const;
  [[nodiscard]] Bytes reclaimable() const;
  [[nodiscard]] RecycleRoom room(const LedgerEntry& worker) const;
  [[nodiscard]] WorkerMemory seen(const LedgerEntry& worker) const;
  [[nodiscard]] AdmissionVerdict judge(const Ask& ask, Bytes reclaimable) const;
  LedgerEntry& idle_worker(const Ask& ask);
  [[nodiscard]] std::size_t served_by(int pid) const;
  void tell_attempts(const LedgerEntry& worker);
  std::shared_ptr<AttemptMemory> start(const Ask& ask, const Admitted& admitted);
  void read(LedgerEntry& worker);
  void refresh(LedgerEntry& worker);  ///< Unless its reading is fresh.
  void note_idle(LedgerEntry& worker);
  void head_waits(std::optional<Waiting> waiting) noexcept;
  void watch_attempts();
  Orders observed(Orders orders);
  void watch_workers();
  [[nodiscard]] static memory::FragmentationReading fragmentation_reading(const LedgerEntry& worker);
  void find_fragmentation(LedgerEntry& worker);
  std::optional<Preemption> preempt();
  bool leave_out_overcount(const Preemption& victim, std::span<PreemptionRun> runs, Bytes& used) const;
  SaturationAction watch_saturation(const Tick& tick);
  std::vector<Replacement> recycle();
  std::vector<int> start_workers(const Tick& tick);
  [[nodiscard]] std::optional<WalkRequest> ask_for_relief() const;
  void note_level(const memory::LevelChange& change);
  void note_verdict(const RouteLedger::NewVerdict& news);
  void note(std::string_view kind, std::string body) const;
  void refresh_status();
  void count_kernel_kills();

  GovernorConfig config_;
  const Clock& clock_;
  const memory::MemoryView& view_;
  Senses senses_;
  RouteLedger routes_;
  BootFootprint boot_;
  Reservations book_;
  RecycleHistory history_;
  SaturationTracker saturation_;
  IdleWait idle_wait_;
  WorkerLedger ledger_;
  std::list<std::weak_ptr<AttemptMemory>> attempts_;
  std::vector<std::pair<int, RecycleReason>> asked_;  ///< Places, by who asked for their replacement.
  Bytes used_before_;                                 ///< At the tick before.
  Bytes used_at_tick_;
  std::uint64_t ticks_ = 0;
  std::size_t waiting_ = 0;
  std::optional<Waiting> head_waits_;
  std::uint64_t returned_ = 0;         ///< Bytes won back so far.
  std::uint64_t returned_before_ = 0;  ///< When the head began to wait.
  std::optional<SteadyTime> retired_at_;
  std::optional<SteadyTime> fragmentation_told_at_;
  std::uint64_t fragmentation_held_back_ = 0;  ///< Findings since then, of any worker.
  std::optional<std::uint64_t> kernel_kills_;  ///< The kernel's count, as last seen.
  std::uint64_t unexplained_kills_ = 0;        ///< Of those, recent ones that no lost attempt was told of.
  SteadyTime last_kill_at_{};
  SteadyTime refreshed_at_{};
  GovernorStatus status_;
};

}  // namespace holdfast::governor
