#include "workers/worker_life.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

#include "base/log.hpp"
#include "workers/strays.hpp"

namespace holdfast::workers {
namespace {

// Between two looks for what is left of a group.
constexpr std::chrono::milliseconds kFirstProbe{2};
constexpr std::chrono::milliseconds kSlowProbe{50};

// After SIGKILL a process and its children end once their memory is freed. One that hangs in the kernel is given up.
constexpr std::chrono::seconds kKilledPatience{10};

}  // namespace

std::string_view to_string(LifePhase phase) noexcept {
  switch (phase) {
    case LifePhase::starting: return "starting";
    case LifePhase::idle: return "idle";
    case LifePhase::busy: return "busy";
    case LifePhase::stopping: return "stopping";
  }
  std::unreachable();
}

WorkerLife::WorkerLife(std::shared_ptr<PoolState> pool, int worker, std::uint64_t number)
    : pool_(std::move(pool)), worker_(worker), number_(number), changed_(pool_->executor) {}

Result<void> WorkerLife::begin() {
  auto address = choose_address();
  if (!address) return fail(std::move(address));
  address_ = std::move(*address);
  if (const auto* socket = std::get_if<SocketPath>(&address_)) ::unlink(socket->path.c_str());

  auto spawned = Process::spawn(pool_->executor, make_launch());
  if (!spawned) return fail(std::move(spawned), "start worker");
  process_ = std::move(*spawned);
  pid_ = process_->pid();
  started_at_ = system_clock().steady();
  pool_->processes.insert(pid_);
  spawn(pool_->executor, "workers.watch_exit", [self = shared_from_this()] { return watch_exit(self); });
  for (const auto stream : kOutputStreams) {
    spawn(pool_->executor, "workers.read_output",
          [self = shared_from_this(), stream] { return read_output(self, stream); });
  }
  log::debug("workers.started", {{"worker", worker_}, {"pid", pid_}, {"start", number_}});
  return {};
}

std::optional<memory::AgentFigures> WorkerLife::agent_figures() const {
  if (!agent_ || exited_) return std::nullopt;
  auto figures = agent_->figures(system_clock().steady());
  return figures ? std::optional(std::move(*figures)) : std::nullopt;
}

awaitable<bool> WorkerLife::wait_over(SteadyTime deadline) {
  while (!over()) {
    const auto wake = co_await changed_.wait_until(deadline);
    if (wake != Wake::notified) break;
  }
  co_return over();
}

awaitable<bool> WorkerLife::wait_exited(SteadyTime deadline) {
  while (!exited_) {
    const auto wake = co_await changed_.wait_until(deadline);
    if (wake != Wake::notified) break;
  }
  co_return exited_.has_value();
}

awaitable<void> WorkerLife::finish() {
  phase_ = LifePhase::stopping;
  idle_connections_.clear();
  co_await wait_passages();
  if (!exited_) {
    process_->signal_group(SIGTERM);
    const auto grace = system_clock().steady() + pool_->config.grace_period;
    co_await wait_exited(grace);
  }
  if (!exited_) {
    log::info("workers.killed", {{"worker", worker_}, {"pid", pid_}, {"grace_ms", pool_->config.grace_period.count()}});
    process_->signal_group(SIGKILL);
    const auto patience = system_clock().steady() + kKilledPatience;
    const bool ended = co_await wait_exited(patience);
    if (!ended) log::error("workers.unkillable", {{"worker", worker_}, {"pid", pid_}});
  }

  co_await reap_descendants();
  close_output();
  pool_->processes.erase(pid_);
  if (const auto* socket = std::get_if<SocketPath>(&address_)) ::unlink(socket->path.c_str());
}

// What is passed through has no second try: a worker that nothing is wrong with ends it first.
awaitable<void> WorkerLife::wait_passages() {
  const auto grace = system_clock().steady() + pool_->config.grace_period;
  while (passages_ > 0 && !exited_ && asked_to_end_ == LifeEnd::recycled && !pool_->closing()) {
    const auto wake = co_await changed_.wait_until(grace);
    if (wake != Wake::notified) break;
  }
}

void WorkerLife::leave() {
  --passages_;
  if (passages_ == 0) changed_.notify_all();
}

awaitable<void> WorkerLife::reap_descendants() {
  const auto patience = system_clock().steady() + kKilledPatience;
  for (auto pause = kFirstProbe; system_clock().steady() < patience; pause = std::min(pause * 2, kSlowProbe)) {
    const bool group_gone = process_->reap_group();
    const bool strays_gone = end_strays(mark(), pool_->processes) == 0;
    if ((group_gone && strays_gone) || !exited_) co_return;
    const auto again = system_clock().steady() + pause;
    co_await sleep_until(again);
  }
}

void WorkerLife::signal(int number) const noexcept {
  if (process_ && !exited_) process_->signal(number);
}

void WorkerLife::end_soon(LifeEnd end) {
  if (!asked_to_end_) asked_to_end_ = end;
  changed_.notify_all();
}

void WorkerLife::retire() {
  retiring_ = true;
  if (phase_ != LifePhase::busy) end_soon(LifeEnd::recycled);
}

LifeEnd WorkerLife::ending() const noexcept {
  if (lost_one_ || died_serving_) return LifeEnd::lost_run;
  if (asked_to_end_) return *asked_to_end_;
  if (!was_ready_ || !proved_) return LifeEnd::failed_start;
  return LifeEnd::worn_out;
}

void WorkerLife::prove() {
  proved_ = true;
  pool_->start_proved();
}

std::string WorkerLife::name() const { return fmt::format("worker {} (pid {})", worker_, pid_); }

std::string WorkerLife::describe() const {
  return exited_ ? fmt::format("{} {}", name(), workers::describe(*exited_)) : name();
}

std::string WorkerLife::last_words() const {
  // Programs say on standard error why they end.
  const auto& errors = output_.at(static_cast<std::size_t>(OutputStream::standard_error));
  const auto& output = output_.at(static_cast<std::size_t>(OutputStream::standard_output));
  const auto last = errors.last_line().empty() ? output.last_line() : errors.last_line();
  return last.empty() ? "" : fmt::format("; its last output: {}", last);
}

// Unique on the machine while we live, and for each life, so that a sweep never meets a live worker's children.
std::string WorkerLife::mark() const { return fmt::format("{}.{}.{}", ::getpid(), worker_, number_); }

}  // namespace holdfast::workers
