#include "app/memory_watch.hpp"

#include <utility>

#include "base/log.hpp"
#include "memory/bands.hpp"

namespace holdfast::app {
namespace {

using memory::Level;

// Often enough to see an analysis grow. A tick takes 0.2 ms with 8 workers.
constexpr std::chrono::milliseconds kTick{100};

// With every worker idle. A limit that shrinks, or an idle worker that grows, must be seen too.
constexpr std::chrono::milliseconds kTickAtRest{250};

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

std::optional<double> vm_ratio(const memory::Snapshot& snapshot) {
  const auto sizes = memory::sizes_of(snapshot);
  return sizes ? memory::fragmentation_ratio(sizes->virtual_size, sizes->resident) : std::nullopt;
}

}  // namespace

MemoryWatch::MemoryWatch(const Clock& clock, memory::LevelConfig levels, Take take, OnTick on_tick)
    : clock_(clock), take_(std::move(take)), on_tick_(std::move(on_tick)), level_(levels) {}

void MemoryWatch::start(const asio::any_io_executor& executor) {
  woken_.emplace(executor);
  spawn(executor, "watch memory", [this] { return run(); });
}

awaitable<void> MemoryWatch::run() {
  auto wake = Wake::deadline;
  while (wake != Wake::cancelled) {
    const auto next = look(clock_.steady());
    wake = co_await woken_->wait_until(next);
  }
}

void MemoryWatch::wake() noexcept {
  if (std::exchange(rests_, false) && woken_) woken_->notify_all();
}

SteadyTime MemoryWatch::look(SteadyTime now) {
  take(now);
  const auto ratio = vm_ratio(*view_.last);
  const auto change = level_.update(memory::reading_of(*view_.last, ratio), now);
  if (change) log_change(*change);
  view_.level = level_.level();
  view_.last_change = level_.last_change();
  rests_ = on_tick_(change);
  return now + (rests_ ? kTickAtRest : kTick);
}

void MemoryWatch::take(SteadyTime now) {
  view_.last = take_(now);
  const auto& usage = view_.last->usage;
  if (!usage) return;
  if (!view_.baseline) view_.baseline = usage->used;
  view_.usage = *usage;
}

}  // namespace holdfast::app
