#include "workers/worker.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace holdfast::workers {
namespace {

// A worker that lives this long without a run has come up: restarts at this pace are no spin.
constexpr std::chrono::milliseconds kProbation{5'000};

constexpr SteadyTime kForEver = SteadyTime::max();

}  // namespace

Worker::Worker(std::shared_ptr<PoolState> pool, int index)
    : pool_(std::move(pool)), index_(index), restarts_(pool_->config.restart_backoff), stopping_(pool_->executor) {}

void Worker::start() {
  if (running_ || pool_->closing()) return;
  running_ = true;
  spawn(pool_->executor, "workers.worker", [self = shared_from_this()] { return self->run(); });
}

std::shared_ptr<WorkerLife> Worker::reserve() { return life_ && life_->reserve() ? life_ : nullptr; }

void Worker::stop() {
  if (life_) life_->end_soon(LifeEnd::cut_off);
  stopping_.notify_all();
}

void Worker::kill_now() {
  if (life_) life_->kill_now();
  stopping_.notify_all();
}

awaitable<void> Worker::run() {
  while (!pool_->closing()) {
    const auto end = co_await live();
    life_.reset();
    if (pool_->closing()) break;

    const auto delay = restarts_.delay_after(end, pool_->crash_loop(), random_uniform());
    if (delay.count() == 0) continue;
    const auto until = system_clock().steady() + delay;
    log::debug("workers.backing_off", {{"worker", index_}, {"delay_ms", delay.count()}});
    co_await stopping_.wait_until(until);
  }
  running_ = false;
  pool_->worker_ended.notify_all();
}

awaitable<LifeEnd> Worker::live() {
  const auto life = std::make_shared<WorkerLife>(pool_, index_, ++starts_);
  life_ = life;
  const auto begun = life->begin();
  if (!begun) {
    pool_->start_failed(index_, begun.error().message());
    co_return LifeEnd::failed_start;
  }

  const auto start_deadline = system_clock().steady() + pool_->config.start_timeout;
  const auto ready = co_await life->become_ready(start_deadline);
  if (ready) {
    log::info("workers.ready", {{"worker", index_}, {"pid", life->pid()}, {"start", starts_}});
    pool_->announce_idle();
    const auto probation_end = system_clock().steady() + kProbation;
    const bool over = co_await life->wait_over(probation_end);
    if (!over) life->prove();
    co_await life->wait_over(kForEver);
  }

  co_await life->finish();
  if (life->proved()) restarts_.proved();
  const auto end = life->ending();
  if (pool_->closing()) co_return end;
  if (!ready) {
    pool_->start_failed(index_, ready.error().message());
  } else {
    note_end(*life, end);
  }
  co_return end;
}

void Worker::note_end(const WorkerLife& life, LifeEnd end) const {
  switch (end) {
    case LifeEnd::failed_start: pool_->start_failed(index_, life.describe() + " before it served a run"); break;
    case LifeEnd::worn_out: pool_->worker_lost(index_, life.describe() + " while idle"); break;
    case LifeEnd::lost_run:  // The dispatch has said it.
    case LifeEnd::cut_off: break;
  }
}

WorkerStatus Worker::status() const {
  WorkerStatus status;
  status.index = index_;
  status.starts = starts_;
  status.state = "backing_off";
  if (!life_) return status;
  status.pid = life_->exited() ? 0 : life_->pid();
  status.state = to_string(life_->phase());
  status.run_id = life_->run_id();
  return status;
}

}  // namespace holdfast::workers
