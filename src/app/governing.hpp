/// Does what the governor decides: tells it after each tick what the pool sees, and acts on its orders.
///
/// Ownership: borrows everything it is given, which outlives it; its tasks go on as long as the event loop runs.
/// Runs on: supervisor strand.
#pragma once

#include <functional>
#include <memory>
#include <set>

#include "app/memory_watch.hpp"
#include "app/profile/kept_profiles.hpp"
#include "base/json.hpp"
#include "governor/governor.hpp"
#include "governor/relief_ladder.hpp"
#include "journal/journal.hpp"
#include "workers/pool.hpp"

namespace holdfast::app {

struct GoverningConfig {
  governor::GovernorConfig governor;
  governor::LadderConfig ladder;
};

class Governing {
 public:
  struct Parts {
    workers::Pool& pool;
    const memory::MemoryView& view;
    governor::Governor::Senses senses;
    std::function<std::size_t()> waiting;  ///< Runs in our queue.
    std::function<void()> pump;            ///< Memory has changed: what waits may go now.
    std::function<void()> restart;         ///< The whole program, gracefully.
    KeptProfiles* profiles = nullptr;      ///< Null: no heap profile is taken.
  };

  Governing(const asio::any_io_executor& executor, const Clock& clock, GoverningConfig config, Parts parts);

  [[nodiscard]] governor::Governor& governor() noexcept { return governor_; }

  /// Gives the ladder its rungs. Call once, before the first tick.
  void set_actions(std::vector<std::unique_ptr<governor::ReliefAction>> actions);

  /// Returns whether all is at rest: every worker idle, nothing waits, the level is normal.
  bool on_tick(const std::optional<memory::LevelChange>& change);

  /// A worker has become idle, or its process has ended: what waits for it need not wait for the next tick.
  void on_change();

  /// Walks the ladder now, because somebody asked.
  awaitable<Result<governor::WalkReport>> relieve();

 private:
  [[nodiscard]] bool at_rest(const workers::PoolStatus& pool) const;
  void reconsider();
  void obey(const governor::Governor::Orders& orders);
  void carry_out(const governor::Governor::Orders& orders);
  void give_up(const governor::Preemption& victim);
  void replace(const governor::Governor::Replacement& replacement);
  [[nodiscard]] bool profile_first(const governor::Governor::Replacement& replacement);
  awaitable<void> profile(workers::Slot slot, governor::Governor::MostRetained retained);
  void carry_out(const governor::Governor::Replacement& replacement);
  awaitable<Result<governor::WalkReport>> walk(governor::WalkRequest request);
  void note_walk(const governor::WalkReport& report);
  void note(std::string_view kind, const json::object& body);

  asio::any_io_executor executor_;
  const Clock& clock_;
  GoverningConfig config_;
  Parts parts_;
  governor::Governor governor_;
  std::unique_ptr<governor::ReliefLadder> ladder_;
  SteadyTime reconsidered_at_{};
  bool reconsiders_soon_ = false;
  std::set<int> profiling_;  ///< Places whose worker is asked for a heap profile before it is replaced.
};

/// The processes of the pool as the governor is to see them, with the readings of `view`.
[[nodiscard]] std::vector<governor::WorkerSighting> sightings(const workers::PoolStatus& pool,
                                                              const memory::MemoryView& view);

/// Every process of the pool, successors included: whose memory is to be read.
[[nodiscard]] std::vector<int> pids_of(const workers::PoolStatus& pool);

}  // namespace holdfast::app
