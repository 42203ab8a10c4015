#include "app/pressure_watch.hpp"

#include <unistd.h>

#include "base/log.hpp"
#include "memory/own_allocator.hpp"
#include "memory/tree_probe.hpp"

namespace holdfast::app {
namespace {

using memory::Pressure;

// Often enough to see an analysis grow, and a thousandth of a processor.
constexpr std::chrono::milliseconds kInterval{250};
// What was given back is not there to be given again at once.
constexpr std::chrono::seconds kReliefInterval{10};

}  // namespace

PressureWatch::PressureWatch(const Clock& clock, Bytes limit, std::function<Result<Bytes>()> read,
                             std::function<void()> drop_caches)
    : clock_(clock), read_(std::move(read)), drop_caches_(std::move(drop_caches)) {
  gauge_.limit = limit;
}

void PressureWatch::start(const asio::any_io_executor& executor) {
  spawn(executor, "watch memory", [this] { return run(); });
}

awaitable<void> PressureWatch::run() {
  bool awake = true;
  while (awake) {
    const auto now = clock_.steady();
    look(now);
    awake = co_await sleep_until(now + kInterval);
  }
}

void PressureWatch::look(SteadyTime now) {
  const auto used = read_();
  const bool changed = update(gauge_, used ? std::optional(*used) : std::nullopt);
  if (changed) {
    // EMERGENCY is the word that operators of the original search their logs for.
    const bool emergency = gauge_.pressure == Pressure::emergency;
    const auto level = gauge_.pressure == Pressure::calm ? log::Level::info : log::Level::warning;
    const auto line = log::format_line("memory.pressure_changed", {{"pressure", memory::to_string(gauge_.pressure)},
                                                                   {"used_bytes", gauge_.used.count()},
                                                                   {"limit_bytes", gauge_.limit.count()},
                                                                   {"name", emergency ? "EMERGENCY" : "-"}});
    if (log::enabled(level)) log::write(level, line);
  }
  if (gauge_.pressure == Pressure::emergency && now >= next_relief_) {
    next_relief_ = now + kReliefInterval;
    relieve();
  }
}

void PressureWatch::relieve() {
  const auto before = gauge_.used;
  drop_caches_();
  const auto allocator = memory::purge_own_allocator();
  const auto after = read_();
  if (after) gauge_.used = *after;
  log::warning("memory.emergency_cleanup_ran", {{"name", "EMERGENCY"},
                                                {"allocator", allocator},
                                                {"before_bytes", before.count()},
                                                {"after_bytes", gauge_.used.count()}});
}

Result<Bytes> read_own_tree() { return memory::read_tree_memory("/proc", ::getpid()); }

}  // namespace holdfast::app
