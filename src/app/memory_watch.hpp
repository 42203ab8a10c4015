/// Takes a snapshot of memory at every tick, keeps the level and says when it changes. Ticks are every 100 ms, and
/// every 250 ms while nothing is going on.
///
/// Ownership: its task goes on as long as the event loop runs, and so must what it borrows.
/// Runs on: supervisor strand.
#pragma once

#include <functional>
#include <optional>

#include "base/event.hpp"
#include "memory/memory_view.hpp"

namespace holdfast::app {

class MemoryWatch {
 public:
  using Take = std::function<memory::Snapshot(SteadyTime now)>;
  /// After each tick, with the change of level that it brought. True: nothing is going on whose memory may grow until
  /// somebody calls wake().
  using OnTick = std::function<bool(const std::optional<memory::LevelChange>& change)>;

  MemoryWatch(const Clock& clock, memory::LevelConfig levels, Take take, OnTick on_tick);

  [[nodiscard]] const memory::MemoryView& view() const noexcept { return view_; }

  /// Ticks from here on.
  void start(const asio::any_io_executor& executor);

  /// One tick and what follows from it. Returns when the next one is due.
  SteadyTime look(SteadyTime now);

  /// A run begins. At rest, the next tick is now.
  void wake() noexcept;

  /// Takes a new snapshot into the view, between two ticks. Levels change at ticks only.
  void refresh() { take(clock_.steady()); }

 private:
  awaitable<void> run();
  void take(SteadyTime now);

  const Clock& clock_;
  Take take_;
  OnTick on_tick_;
  memory::LevelTracker level_;
  memory::MemoryView view_;
  std::optional<Event> woken_;  ///< From start() on.
  bool rests_ = false;
};

}  // namespace holdfast::app
