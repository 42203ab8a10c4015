#include "app/memory_watch.hpp"

#include <utility>

#include "base/log.hpp"
#include "memory/own_allocator.hpp"

namespace holdfast::app {
namespace {

using memory::Level;

// Often enough to see an analysis grow. A tick takes 0.2 ms with 8 workers.
constexpr std::chrono::milliseconds kTick{100};
// What was given back is not there to be given again at once.
constexpr std::chrono::seconds kReliefInterval{10};

// EMERGENCY is the word that operators of the original search their logs for.
void log_change(const memory::LevelChange& change) {
  const auto name = change.to == Level::emergency ? "EMERGENCY" : "-";
  const auto line = log::format_line("memory.level_changed", {{"from", to_string(change.from)},
                                                              {"to", to_string(change.to)},
                                                              {"cause", change.cause},
                                                              {"used_bytes", change.used.count()},
                                                              {"limit_bytes", change.limit.count()},
                                                              {"name", name}});
  const auto level = change.to >= Level::critical ? log::Level::warning : log::Level::info;
  if (log::enabled(level)) log::write(level, line);
}

}  // namespace

MemoryWatch::MemoryWatch(const Clock& clock, Take take, std::function<void()> drop_caches)
    : clock_(clock), take_(std::move(take)), drop_caches_(std::move(drop_caches)), level_({}) {}

void MemoryWatch::start(const asio::any_io_executor& executor) {
  spawn(executor, "watch memory", [this] { return run(); });
}

awaitable<void> MemoryWatch::run() {
  bool awake = true;
  while (awake) {
    const auto now = clock_.steady();
    look(now);
    awake = co_await sleep_until(now + kTick);
  }
}

void MemoryWatch::look(SteadyTime now) {
  take(now);
  if (const auto change = level_.update(memory::reading_of(*view_.last), now)) log_change(*change);
  view_.level = level_.level();
  view_.last_change = level_.last_change();
  if (view_.level == Level::emergency && now >= next_relief_) relieve(now);
}

void MemoryWatch::take(SteadyTime now) {
  view_.last = take_(now);
  const auto& usage = view_.last->usage;
  if (!usage) return;
  if (!view_.baseline) view_.baseline = usage->used;
  view_.usage = *usage;
}

void MemoryWatch::relieve(SteadyTime now) {
  next_relief_ = now + kReliefInterval;
  const auto used = [this] { return view_.usage ? view_.usage->used : Bytes(); };
  const auto before = used();
  drop_caches_();
  const auto allocator = memory::purge_own_allocator();
  take(now);
  log::warning("memory.emergency_cleanup_ran", {{"name", "EMERGENCY"},
                                                {"allocator", allocator},
                                                {"before_bytes", before.count()},
                                                {"after_bytes", used().count()}});
}

}  // namespace holdfast::app
