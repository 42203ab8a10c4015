/// Takes a snapshot of memory at every tick, keeps the level, says when it changes, and in an emergency gives back what
/// the supervisor itself can.
///
/// Ownership: its task goes on as long as the event loop runs, and so must what it borrows.
/// Runs on: supervisor strand.
#pragma once

#include <functional>

#include "base/async.hpp"
#include "memory/memory_view.hpp"

namespace holdfast::app {

class MemoryWatch {
 public:
  using Take = std::function<memory::Snapshot(SteadyTime now)>;

  MemoryWatch(const Clock& clock, Take take, std::function<void()> drop_caches);

  [[nodiscard]] const memory::MemoryView& view() const noexcept { return view_; }

  /// Ticks from here on.
  void start(const asio::any_io_executor& executor);

  /// One tick and what follows from it.
  void look(SteadyTime now);

 private:
  awaitable<void> run();
  void take(SteadyTime now);
  void relieve(SteadyTime now);

  const Clock& clock_;
  Take take_;
  std::function<void()> drop_caches_;
  memory::LevelTracker level_;
  memory::MemoryView view_;
  SteadyTime next_relief_{};
};

}  // namespace holdfast::app
