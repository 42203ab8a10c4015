#include "workers/worker_life.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

#include "base/log.hpp"
#include "workers/strays.hpp"
#include "workers/worker_socket.hpp"

namespace holdfast::workers {
namespace {

// The first tries catch a small native worker within a few milliseconds; an interpreter takes half a second anyway.
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

Result<WorkerAddress> WorkerLife::choose_address() const {
  const auto transport = transport_of(pool_->config.command);
  if (!transport) return std::unexpected(transport.error());
  if (*transport == Transport::loopback_tcp) {
    auto port = free_loopback_port();
    if (!port) return fail(std::move(port));
    return *port;
  }
  // A number of its own for each life: a predecessor that is slow to die cannot unlink its successor's socket.
  auto path = fmt::format("{}/w{}-{}.sock", pool_->config.socket_dir, worker_, number_);
  if (path.size() > kMaxSocketPath) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("socket path {} has {} bytes and may have {}: choose a shorter data directory", path,
                            path.size(), kMaxSocketPath));
  }
  return SocketPath{std::move(path)};
}

Result<void> WorkerLife::begin() {
  auto address = choose_address();
  if (!address) return fail(std::move(address));
  address_ = std::move(*address);
  if (const auto* socket = std::get_if<SocketPath>(&address_)) ::unlink(socket->path.c_str());

  const auto shell_text = with_exec(fill_placeholders(pool_->config.command, address_));
  auto spawned = Process::spawn(pool_->executor, shell_text, mark(), make_agent());
  if (!spawned) return fail(std::move(spawned), "start worker");
  process_ = std::move(*spawned);
  pid_ = process_->pid();
  started_at_ = system_clock().steady();
  pool_->processes.insert(pid_);
  spawn(pool_->executor, "workers.watch_exit", [self = shared_from_this()] { return watch_exit(self); });
  spawn(pool_->executor, "workers.read_output", [self = shared_from_this()] { return read_output(self); });
  log::debug("workers.started", {{"worker", worker_}, {"pid", pid_}, {"start", number_}});
  return {};
}

// What the environment of the process needs for it. A worker without an agent is a worker all the same.
std::vector<std::string> WorkerLife::make_agent() {
  const auto& config = pool_->config.agent;
  if (config.library.empty()) return {};
  auto made = AgentLink::make(config);
  if (!made) {
    log::warning("workers.no_agent", {{"worker", worker_}, {"error", made.error().message()}});
    return {};
  }
  agent_ = std::move(*made);
  std::vector<std::string_view> ours;
  for (char** entry = environ; *entry != nullptr; ++entry) ours.emplace_back(*entry);
  return agent_->entries(ours);
}

std::optional<memory::AgentFigures> WorkerLife::agent_figures() const {
  if (!agent_ || exited_) return std::nullopt;
  auto figures = agent_->figures(system_clock().steady());
  return figures ? std::optional(std::move(*figures)) : std::nullopt;
}

awaitable<Result<void>> WorkerLife::become_ready(SteadyTime deadline) {
  for (auto pause = kFirstProbe; !over(); pause = std::min(pause * 2, kSlowProbe)) {
    WorkerSocket socket(pool_->executor);
    const auto connected = co_await with_deadline(connect_worker(&socket, address_), deadline);
    if (over()) break;
    if (connected) {
      phase_ = LifePhase::idle;
      was_ready_ = true;
      co_return Result<void>();
    }
    const auto now = system_clock().steady();
    if (now >= deadline)
      co_return fail(ErrorCode::deadline_exceeded, name() + " did not listen in time" + last_words());
    const auto next = std::min(now + pause, deadline);
    const auto wake = co_await changed_.wait_until(next);
    if (wake == Wake::cancelled) break;
  }
  if (!exited_) co_return fail(ErrorCode::cancelled, "start of " + name());
  // The shell's way to say "command not found".
  if (exited_->status == 127) {
    co_return fail(ErrorCode::unavailable,
                   fmt::format("worker command not found: {}; check --worker{}", pool_->config.command, last_words()));
  }
  co_return fail(ErrorCode::unavailable, describe() + " before it was ready" + last_words());
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

bool WorkerLife::reserve() {
  if (!is_idle()) return false;
  phase_ = LifePhase::busy;
  return true;
}

void WorkerLife::release() {
  if (phase_ != LifePhase::busy || over()) return;
  if (retiring_) return end_soon(LifeEnd::recycled);
  phase_ = LifePhase::idle;
  run_id_.clear();
  pool_->announce_idle();
}

void WorkerLife::end_soon(LifeEnd end) {
  if (!asked_to_end_) asked_to_end_ = end;
  changed_.notify_all();
}

void WorkerLife::retire() {
  retiring_ = true;
  if (phase_ != LifePhase::busy) end_soon(LifeEnd::recycled);
}

bool WorkerLife::give_up_run(GivenUp why) {
  if (!serving_ || exited_) return false;
  given_up_ = std::move(why);
  process_->signal_group(SIGKILL);
  return true;
}

LifeEnd WorkerLife::ending() const noexcept {
  if (lost_run_) return LifeEnd::lost_run;
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
  return output_.last_line().empty() ? "" : fmt::format("; its last output: {}", output_.last_line());
}

// Unique on the machine while we live, and for each life, so that a sweep never meets a live worker's children.
std::string WorkerLife::mark() const { return fmt::format("{}.{}.{}", ::getpid(), worker_, number_); }

}  // namespace holdfast::workers
