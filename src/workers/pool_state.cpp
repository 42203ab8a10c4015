#include "workers/pool_state.hpp"

#include <boost/asio/post.hpp>
#include <utility>

#include "base/log.hpp"

namespace holdfast::workers {

PoolState::PoolState(asio::any_io_executor pool_executor, PoolConfig pool_config, std::function<void()> on_change)
    : executor(std::move(pool_executor)),
      config(std::move(pool_config)),
      worker_idle(executor),
      worker_ended(executor),
      on_change_(std::move(on_change)),
      crash_loop_(config.crash_loop_after) {}

void PoolState::announce_change() {
  worker_idle.notify_all();
  if (closing_ || std::exchange(change_announced_, true)) return;
  auto announce = [self = shared_from_this()] {
    self->change_announced_ = false;
    if (!self->closing_ && self->on_change_) self->on_change_();
  };
  asio::post(executor, std::move(announce));
}

void PoolState::start_failed(int worker, const std::string& reason) {
  last_failure_ = reason;
  const bool entered = crash_loop_.start_failed();
  // In a crash loop every further failure is the same news.
  if (!crash_loop_.active()) log::warning("workers.start_failed", {{"worker", worker}, {"reason", reason}});
  if (!entered) return;
  log::error("workers.crash_loop", {{"failed_starts", crash_loop_.failures()},
                                    {"reason", reason},
                                    {"check", "--worker"},
                                    {"command", config.command},
                                    {"next_try_within_ms", config.restart_backoff.cap.count()}});
}

void PoolState::worker_lost(int worker, const std::string& reason) {
  last_failure_ = reason;
  log::warning("workers.lost", {{"worker", worker}, {"reason", reason}});
}

void PoolState::start_proved() {
  if (crash_loop_.start_proved()) log::info("workers.recovered");
}

void PoolState::close() {
  closing_ = true;
  on_change_ = nullptr;
}

}  // namespace holdfast::workers
