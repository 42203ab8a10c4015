#include "workers/worker.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"

namespace holdfast::workers {
namespace {

// A worker that lives this long without a run has come up: restarts at this pace are no spin.
constexpr std::chrono::milliseconds kProbation{5'000};

}  // namespace

Worker::Worker(std::shared_ptr<PoolState> pool, int index)
    : pool_(std::move(pool)), index_(index), restarts_(pool_->config.restart_backoff), stopping_(pool_->executor) {}

void Worker::start() {
  if (!parked_ || pool_->closing()) return;
  parked_ = false;
  // A process on its way out is followed by another one then.
  if (running_) return;
  running_ = true;
  ++tasks_;
  spawn(pool_->executor, "workers.worker", [self = shared_from_this()] { return self->run(); });
}

void Worker::park() {
  if (parked_) return;
  parked_ = true;
  for (const auto& life : {life_, coming_, successor_}) {
    if (life) life->retire();
  }
  stopping_.notify_all();
}

std::shared_ptr<WorkerLife> Worker::with_room(Company company) const {
  std::shared_ptr<WorkerLife> best;
  for (const auto& life : {life_, successor_}) {
    if (life && life->has_room(company) && (!best || life->places() < best->places())) best = life;
  }
  return best;
}

std::array<std::shared_ptr<WorkerLife>, 2> Worker::open_lives() const {
  std::array<std::shared_ptr<WorkerLife>, 2> open;
  if (life_ && life_->takes_passages()) open[0] = life_;
  if (successor_ && successor_->takes_passages()) open[1] = successor_;
  return open;
}

void Worker::recycle(bool new_first) {
  if (!life_ || parked_ || pool_->closing() || coming_ || successor_) return;
  if (!new_first) return life_->retire();
  ++tasks_;
  spawn(pool_->executor, "workers.successor", [self = shared_from_this()] { return self->bring_up_successor(); });
}

bool Worker::give_up_run(const std::string& run_id, const GivenUp& why) {
  const auto gives_up = [&](const std::shared_ptr<WorkerLife>& life) { return life && life->give_up_run(run_id, why); };
  return gives_up(life_) || gives_up(successor_);
}

void Worker::stop() {
  for (const auto& life : {life_, coming_, successor_}) {
    if (life) life->end_soon(LifeEnd::cut_off);
  }
  stopping_.notify_all();
}

void Worker::kill_now() {
  for (const auto& life : {life_, coming_, successor_}) {
    if (life) life->kill_now();
  }
  stopping_.notify_all();
}

awaitable<void> Worker::run() {
  while (!pool_->closing() && (!parked_ || successor_)) {
    const auto end = co_await live();
    life_.reset();
    pool_->announce_change();
    if (pool_->closing() || parked_) continue;
    if (successor_) continue;

    const auto delay = restarts_.delay_after(end, pool_->crash_loop(), random_uniform());
    if (delay.count() == 0) continue;
    const auto until = system_clock().steady() + delay;
    log::debug("workers.backing_off", {{"worker", index_}, {"delay_ms", delay.count()}});
    co_await stopping_.wait_until(until);
  }
  if (const auto left = std::exchange(successor_, nullptr)) co_await left->finish();
  running_ = false;
  end_task();
}

void Worker::end_task() {
  --tasks_;
  pool_->worker_ended.notify_all();
}

// Says why it has not come up.
awaitable<Result<void>> Worker::come_up(std::shared_ptr<WorkerLife> life) {
  auto ready = life->begin();
  if (ready) {
    const auto deadline = system_clock().steady() + pool_->config.start_timeout;
    ready = co_await life->become_ready(deadline);
  }
  if (ready) {
    log::info("workers.ready", {{"worker", index_}, {"pid", life->pid()}, {"start", starts_}});
    pool_->announce_change();
  } else if (!pool_->closing() && !life->retiring()) {
    pool_->start_failed(index_, ready.error().message());
  }
  co_return ready;
}

// The old process stays when its successor does not come up.
awaitable<void> Worker::bring_up_successor() {
  coming_ = std::make_shared<WorkerLife>(pool_, index_, ++starts_);
  const auto ready = co_await come_up(coming_);
  const auto next = std::exchange(coming_, nullptr);
  if (ready && life_ && !parked_ && !pool_->closing()) {
    successor_ = next;
    life_->retire();
  } else if (next->pid() != 0) {
    // Meanwhile the old one has ended by itself and is being started again, or the pool closes.
    co_await next->finish();
  }
  end_task();
}

awaitable<LifeEnd> Worker::live() {
  auto life = std::exchange(successor_, nullptr);
  Result<void> ready;
  if (life) {
    life_ = life;
  } else {
    life = std::make_shared<WorkerLife>(pool_, index_, ++starts_);
    life_ = life;
    ready = co_await come_up(life);
    if (life->pid() == 0) co_return LifeEnd::failed_start;
  }
  if (ready) {
    const auto probation_end = system_clock().steady() + kProbation;
    const bool over = co_await life->wait_over(probation_end);
    if (!over) life->prove();
    co_await life->watch_until_over();
  }

  co_await life->finish();
  if (life->proved()) restarts_.proved();
  const auto end = life->ending();
  if (ready && !pool_->closing()) note_end(*life, end);
  co_return end;
}

void Worker::note_end(const WorkerLife& life, LifeEnd end) const {
  switch (end) {
    case LifeEnd::failed_start: pool_->start_failed(index_, life.describe() + " before it served a run"); break;
    case LifeEnd::worn_out: pool_->worker_lost(index_, life.describe() + " while idle"); break;
    case LifeEnd::lost_run:  // The dispatch has said it.
    case LifeEnd::cut_off:
    case LifeEnd::unresponsive: break;  // Who looked has said it.
    case LifeEnd::recycled: log::info("workers.recycled", {{"worker", index_}, {"pid", life.pid()}}); break;
  }
}

WorkerStatus Worker::status() const {
  WorkerStatus status;
  status.index = index_;
  status.starts = starts_;
  status.state = parked_ ? "parked" : "backing_off";
  if (!life_) return status;
  status.pid = life_->exited() ? 0 : life_->pid();
  status.state = to_string(life_->phase());
  status.run_id = life_->run_id();
  status.runs = life_->runs();
  status.started_at = life_->started_at();
  status.agent = life_->agent_figures();
  status.retiring = life_->retiring();
  status.successor_ready = successor_ != nullptr;
  if (const auto& next = successor_ ? successor_ : coming_) {
    status.successor_pid = next->pid();
    status.successor_run_id = next->run_id();
    status.successor_started_at = next->started_at();
    status.successor_agent = next->agent_figures();
  }
  return status;
}

}  // namespace holdfast::workers
