#include "journal/postgres_pool.hpp"

#include <pthread.h>

#include <algorithm>

#include "base/backoff.hpp"
#include "base/log.hpp"

namespace holdfast::journal {
namespace {

using std::chrono::milliseconds;

// Making a connection takes some milliseconds when the database is there; who waits longer is told that it is not.
constexpr milliseconds kWaitForFirst{250};

// Three attempts make a creation. They are over within a second, so that a restart of the server costs no round.
constexpr int kAttempts = 3;
constexpr BackoffConfig kBackoff{milliseconds{100}, milliseconds{1'000}};

constexpr milliseconds kCheckLimit{2'000};

}  // namespace

PostgresPool::PostgresPool(const PostgresConfig& config, PostgresConnection first) : config_(config) {
  {
    MutexLock lock(mutex_);
    idle_.push_back(std::make_unique<Held>(std::move(first), generation_));
    current_ = 1;
    const auto now = system_clock().steady();
    next_creation_ = now;
    next_check_ = now + config_.health_interval;
    connected_since_ = now;
    health_.type = "postgresql";
    health_.connections.created = 1;
  }
  thread_ = std::thread([this] { maintain(); });
}

PostgresPool::~PostgresPool() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.raise();
  wake_.notify_all();
  thread_.join();
}

Result<PostgresPool::Lease> PostgresPool::acquire() {
  const Deadline deadline(kWaitForFirst);
  MutexLock lock(mutex_);
  while (true) {
    if (auto held = take_idle()) {
      ++health_.connections.in_use;
      return Lease(*this, std::move(held));
    }
    // The one in use comes back soon, or is found to be broken.
    if (deadline.passed() || (away_ && health_.connections.in_use == 0)) break;
    wake_.notify_one();
    ++health_.connections.waiting;
    available_.wait_for(mutex_, deadline.left());
    --health_.connections.waiting;
  }
  away_ = true;
  next_creation_ = std::min(next_creation_, system_clock().steady());
  wake_.notify_one();
  return fail(ErrorCode::unavailable,
              health_.error.empty() ? "database: no connection can be used now" : health_.error);
}

std::unique_ptr<PostgresPool::Held> PostgresPool::take_idle() {
  while (!idle_.empty()) {
    // The newest of this generation; an old one only while there is no other.
    const auto is_of = [generation = generation_](const auto& held) { return held->generation == generation; };
    const auto found = std::find_if(idle_.rbegin(), idle_.rend(), is_of);
    const auto chosen = found == idle_.rend() ? std::prev(idle_.end()) : std::prev(found.base());
    auto held = std::move(*chosen);
    idle_.erase(chosen);
    if (held->connection.seems_alive()) return held;
    note_broken(*held);
  }
  return nullptr;
}

void PostgresPool::note_broken(const Held& held) {
  ++health_.connections.broken;
  if (held.generation == generation_) --current_;
  next_creation_ = std::min(next_creation_, system_clock().steady());
  if (idle_.empty()) connected_since_.reset();
  wake_.notify_one();
}

void PostgresPool::give_back(std::unique_ptr<Held> held) {
  std::unique_ptr<Held> ended;  // Closed without the lock, which is given up first.
  MutexLock lock(mutex_);
  --health_.connections.in_use;
  if (held->connection.broken()) {
    note_broken(*held);
    ended = std::move(held);
  } else {
    note_working();
    idle_.push_back(std::move(held));
    wake_.notify_one();
  }
  available_.notify_one();
}

void PostgresPool::reset() {
  MutexLock lock(mutex_);
  ++generation_;
  current_ = 0;
  resetting_ = true;
  next_creation_ = system_clock().steady();
  wake_.notify_one();
}

std::optional<SteadyTime> PostgresPool::connected_since() const {
  MutexLock lock(mutex_);
  return connected_since_;
}

StoreHealth PostgresPool::health() const {
  MutexLock lock(mutex_);
  auto health = health_;
  health.connections.idle = static_cast<int>(idle_.size());
  health.connections.size = health.connections.idle + health.connections.in_use;
  health.reachable = !away_ && health.connections.size > 0;
  if (health.reachable) health.error.clear();
  return health;
}

void PostgresPool::maintain() {
  ::pthread_setname_np(::pthread_self(), "postgres-pool");
  while (true) {
    switch (next_due()) {
      case Due::nothing: break;
      case Due::creation: create(); break;
      case Due::check: check_idle(); break;
      case Due::stop: return;
    }
  }
}

PostgresPool::Due PostgresPool::next_due() {
  std::vector<std::unique_ptr<Held>> replaced;  // Closed without the lock, which is given up first.
  MutexLock lock(mutex_);
  if (stopping_) return Due::stop;
  const auto now = system_clock().steady();
  const bool lacks = current_ < config_.pool_size;
  if (!lacks) replaced = take_replaced();
  if (lacks && now >= next_creation_) return Due::creation;
  if (now >= next_check_) {
    next_check_ = now + config_.health_interval;
    return Due::check;
  }
  if (!replaced.empty()) return Due::nothing;
  const auto until = lacks ? std::min(next_creation_, next_check_) : next_check_;
  wake_.wait_for(mutex_, std::chrono::ceil<milliseconds>(until - now));
  return Due::nothing;
}

std::vector<std::unique_ptr<PostgresPool::Held>> PostgresPool::take_replaced() {
  const auto is_current = [generation = generation_](const auto& held) { return held->generation == generation; };
  const auto old = std::ranges::partition(idle_, is_current);
  std::vector<std::unique_ptr<Held>> replaced(std::move_iterator(old.begin()), std::move_iterator(old.end()));
  idle_.erase(old.begin(), old.end());
  health_.connections.replaced += replaced.size();
  if (std::exchange(resetting_, false)) ++health_.connections.resets;
  return replaced;
}

void PostgresPool::create() {
  for (int failures = 1; failures <= kAttempts; ++failures) {
    if (create_once()) return;
    if (failures == kAttempts) break;
    if (!pause(backoff_delay(kBackoff, static_cast<std::uint32_t>(failures), random_uniform()))) return;
  }
  MutexLock lock(mutex_);
  next_creation_ = system_clock().steady() + config_.health_interval;
}

bool PostgresPool::create_once() {
  std::uint64_t generation = 0;
  {
    MutexLock lock(mutex_);
    generation = generation_;
  }
  auto made = PostgresConnection::connect(config_.url, Deadline(config_.creation_limit), &stop_);
  MutexLock lock(mutex_);
  if (!made) {
    const bool news = !away_ || health_.error.empty();
    if (made.error().code() == ErrorCode::cancelled) return false;
    if (idle_.empty() && health_.connections.in_use == 0) away_ = true;
    health_.error = made.error().message();
    if (news) log::error("journal.database_unreachable", {{"error", health_.error}});
    available_.notify_all();
    return false;
  }
  idle_.push_back(std::make_unique<Held>(std::move(*made), generation));
  if (generation == generation_) ++current_;
  ++health_.connections.created;
  note_working();
  available_.notify_all();
  return true;
}

void PostgresPool::note_working() {
  if (!connected_since_) connected_since_ = system_clock().steady();
  if (std::exchange(away_, false)) log::info("journal.database_reachable");
  health_.error.clear();
}

// One at a time, and only while it would lie idle: who needs a connection meanwhile takes another one or waits a
// moment.
void PostgresPool::check_idle() {
  std::size_t count = 0;
  {
    MutexLock lock(mutex_);
    count = idle_.size();
  }
  const std::vector<PostgresCommand> nothing{PostgresCommand("SELECT 1")};
  for (std::size_t i = 0; i < count; ++i) {
    std::unique_ptr<Held> held;
    {
      MutexLock lock(mutex_);
      if (idle_.empty() || stopping_) return;
      held = std::move(idle_.front());
      idle_.erase(idle_.begin());
      ++health_.connections.in_use;
    }
    const auto asked_at = system_clock().steady();
    const bool works = held->connection.run(nothing, Deadline(kCheckLimit)).has_value();
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(system_clock().steady() - asked_at);
    {
      MutexLock lock(mutex_);
      if (works) health_.read_latency = took;
    }
    give_back(std::move(held));
  }
}

bool PostgresPool::pause(milliseconds limit) {
  const Deadline deadline(limit);
  MutexLock lock(mutex_);
  while (!stopping_ && !deadline.passed()) wake_.wait_for(mutex_, deadline.left());
  return !stopping_;
}

}  // namespace holdfast::journal
