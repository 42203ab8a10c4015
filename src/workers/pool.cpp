#include "workers/pool.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "workers/command.hpp"
#include "workers/pool_state.hpp"
#include "workers/strays.hpp"
#include "workers/worker.hpp"

namespace holdfast::workers {

namespace {

Result<void> check_directory(const std::string& directory) {
  if (directory.empty()) return {};
  struct stat status{};
  if (::stat(directory.c_str(), &status) != 0) {
    return fail_errno(ErrorCode::invalid_argument, "worker.directory " + directory, errno);
  }
  if (S_ISDIR(status.st_mode)) return {};
  return fail(ErrorCode::invalid_argument, fmt::format("worker.directory {} is not a directory", directory));
}

}  // namespace

Result<void> check(const PoolConfig& config) {
  const auto transport = transport_of(config.command, config.told_by);
  if (!transport) return std::unexpected(transport.error());
  if (config.size < 1) return fail(ErrorCode::invalid_argument, "a pool needs at least one worker");
  auto limits = check(config.limits);
  if (!limits) return limits;
  auto directory = check_directory(config.directory);
  if (!directory) return directory;
  if (*transport == Transport::loopback_tcp) return {};

  struct stat status{};
  if (::stat(config.socket_dir.c_str(), &status) != 0) {
    return fail_errno(ErrorCode::invalid_argument, "socket directory " + config.socket_dir, errno);
  }
  if (!S_ISDIR(status.st_mode)) return fail(ErrorCode::invalid_argument, config.socket_dir + " is not a directory");
  if ((status.st_mode & 0777U) != 0700U) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("socket directory {} has mode {:o}; others could reach the workers: chmod 700 it",
                            config.socket_dir, status.st_mode & 0777U));
  }
  // The longest name a life gives its socket.
  const auto longest = fmt::format("{}/w{}-{}.sock", config.socket_dir, config.size, std::numeric_limits<int>::max());
  if (longest.size() > kMaxSocketPath) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("socket directory {} is too long: a socket path in it may need {} bytes and has {}",
                            config.socket_dir, longest.size(), kMaxSocketPath));
  }
  return {};
}

Slot::Slot(std::shared_ptr<WorkerLife> life) : life_(std::move(life)) {}
Slot::Slot(Slot&& other) noexcept : life_(std::move(other.life_)) {}

Slot::~Slot() {
  if (life_) life_->release();
}

int Slot::worker_index() const noexcept { return life_->worker(); }
int Slot::worker_pid() const noexcept { return life_->pid(); }
int Slot::passages() const noexcept { return life_->passages(); }
std::shared_ptr<AgentLink> Slot::agent() const { return life_->agent(); }
const std::optional<Account>& Slot::account() const { return life_->account(); }
void Slot::signal(int number) const noexcept { life_->signal(number); }

awaitable<Result<DispatchOutcome>> Slot::dispatch(Attempt attempt, EventSink on_event) {
  // The slot is spent once the attempt begins; a dispatch that is never awaited gives the worker back.
  const auto life = std::exchange(life_, nullptr);
  co_return co_await life->dispatch(std::move(attempt), std::move(on_event));
}

Pool::Pool(asio::any_io_executor executor, PoolConfig config, std::function<void()> on_change)
    : state_(std::make_shared<PoolState>(std::move(executor), std::move(config), std::move(on_change))) {
  adopt_orphans();
  for (int index = 1; index <= state_->config.size; ++index) {
    workers_.push_back(std::make_shared<Worker>(state_, index));
  }
}

Pool::~Pool() {
  state_->close();
  for (const auto& worker : workers_) worker->kill_now();
}

void Pool::start(int count) {
  for (int i = 0; i < static_cast<int>(workers_.size()) && i < count; ++i) {
    workers_[static_cast<std::size_t>(i)]->start();
  }
}

std::shared_ptr<WorkerLife> Pool::with_room(Company company) const {
  std::shared_ptr<WorkerLife> best;
  if (state_->closing()) return best;
  for (const auto& worker : workers_) {
    auto life = worker->with_room(company);
    if (life && (!best || life->places() < best->places())) best = std::move(life);
  }
  return best;
}

std::optional<Slot> Pool::acquire(Company company) {
  auto life = with_room(company);
  if (!life || !life->reserve(company)) return std::nullopt;
  return Slot(std::move(life));
}

std::optional<Slot> Pool::acquire_worker(int index) {
  const auto* worker = state_->closing() ? nullptr : find(index);
  auto life = worker == nullptr ? nullptr : worker->with_room(Company::alone);
  if (!life || !life->reserve(Company::alone)) return std::nullopt;
  return Slot(std::move(life));
}

std::optional<IdleWorker> Pool::idle(Company company) const {
  const auto life = with_room(company);
  return life ? std::optional(IdleWorker{life->worker(), life->pid()}) : std::nullopt;
}

std::shared_ptr<WorkerLife> Pool::life_to_pass() const {
  std::shared_ptr<WorkerLife> best;
  const auto better = [](const WorkerLife& a, const WorkerLife& b) {
    return std::pair(!a.is_idle(), a.passages()) < std::pair(!b.is_idle(), b.passages());
  };
  for (const auto& worker : workers_) {
    for (auto& life : worker->open_lives()) {
      if (life && (!best || better(*life, *best))) best = std::move(life);
    }
  }
  return best;
}

awaitable<Result<Passage>> Pool::pass(SteadyTime deadline) {
  const auto state = state_;
  while (!state->closing()) {
    if (auto life = life_to_pass()) co_return Passage(std::move(life));
    const auto wake = co_await state->worker_idle.wait_until(deadline);
    if (wake == Wake::cancelled) co_return fail(ErrorCode::cancelled, "stopped while it waited for a worker");
    if (wake == Wake::deadline) break;
  }
  co_return fail(ErrorCode::unavailable, "no worker is ready");
}

void Pool::expire_connections(SteadyTime now) {
  for (const auto& worker : workers_) {
    for (const auto& life : worker->open_lives()) {
      if (life) life->idle_connections().expire(now);
    }
  }
}

std::vector<Slot> Pool::acquire_all() {
  std::vector<Slot> slots;
  while (auto slot = acquire(Company::alone)) slots.push_back(std::move(*slot));
  return slots;
}

Worker* Pool::find(int index) const {
  return index >= 1 && index <= std::ssize(workers_) ? workers_[static_cast<std::size_t>(index - 1)].get() : nullptr;
}

void Pool::park(int index) {
  if (auto* worker = find(index)) worker->park();
}

void Pool::unpark(int index) {
  if (auto* worker = find(index)) worker->start();
}

void Pool::recycle(int index, bool new_first) {
  if (auto* worker = find(index)) worker->recycle(new_first);
}

bool Pool::give_up_run(const std::string& run_id, const GivenUp& why) {
  return std::ranges::any_of(workers_, [&](const auto& worker) { return worker->give_up_run(run_id, why); });
}

awaitable<void> Pool::stop() {
  state_->close();
  for (const auto& worker : workers_) worker->stop();
  const auto stopped = [](const std::shared_ptr<Worker>& worker) { return worker->stopped(); };
  while (!std::ranges::all_of(workers_, stopped)) {
    const auto wake = co_await state_->worker_ended.wait_until(SteadyTime::max());
    if (wake == Wake::cancelled) co_return;
  }
}

PoolStatus Pool::status() const {
  PoolStatus status;
  for (const auto& worker : workers_) status.workers.push_back(worker->status());
  status.ready = static_cast<int>(std::ranges::count_if(
      status.workers, [](const WorkerStatus& worker) { return worker.state == "idle" || worker.state == "busy"; }));
  for (const auto& worker : workers_) {
    for (const auto& life : worker->open_lives()) {
      if (life) status.kept += life->idle_connections().size();
    }
  }
  status.concurrency = state_->config.concurrency;
  status.crash_loop = state_->crash_loop();
  status.last_failure = state_->last_failure();
  return status;
}

}  // namespace holdfast::workers
