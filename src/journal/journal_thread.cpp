#include "journal/journal_thread.hpp"

#include <pthread.h>

#include <boost/asio/post.hpp>

#include "base/check.hpp"
#include "base/hook_point.hpp"
#include "base/log.hpp"
#include "journal/fold.hpp"

namespace holdfast::journal {
namespace {

// Refusals of single writes come from a commit that worked.
const Error* failure_of(const std::vector<Result<Written>>& results) {
  if (results.empty() || results.front().has_value()) return nullptr;
  const auto& error = results.front().error();
  return refuses_one_write(error.code()) ? nullptr : &error;
}

}  // namespace

Journal::Thread::Thread(asio::any_io_executor executor, std::unique_ptr<Store> store, JournalConfig config)
    : executor_(std::move(executor)),
      store_(std::move(store)),
      config_(std::move(config)),
      thread_([this] { loop(); }) {}

Journal::Thread::~Thread() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  MutexLock lock(mutex_);
  if (!noted_.empty()) log::warning("journal.incidents_lost", {{"incidents", noted_.size()}});
}

bool Journal::Thread::reserve() noexcept {
  if (places_taken_.fetch_add(1, std::memory_order_relaxed) < config_.queue_limit) return true;
  places_taken_.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

awaitable<void> Journal::Thread::answered(Operation& operation) {
  auto initiate = [this, &operation](auto handler) {
    operation.resume = std::move(handler);
    submit(operation);
  };
  return asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(initiate), asio::use_awaitable);
}

void Journal::Thread::submit(Operation& operation) {
  MutexLock lock(mutex_);
  waiting_.push(operation);
  // While the thread is at work nobody waits, and this costs no system call.
  wake_.notify_one();
}

void Journal::Thread::note(std::string_view kind, std::string body) {
  Incident incident;
  incident.at = config_.clock->wall();
  incident.instance = config_.instance;
  incident.kind = kind;
  incident.body = std::move(body);
  const auto valid = check_incident(incident);
  if (!valid) log::error("journal.incident_refused", {{"kind", kind}, {"error", valid.error().message()}});
  MutexLock lock(mutex_);
  if (!valid || noted_.size() >= config_.incident_limit) {
    ++health_.incidents_dropped;
    return;
  }
  noted_.push_back(std::move(incident));
  incidents_due_ = true;
  wake_.notify_one();
}

JournalHealth Journal::Thread::health() const {
  auto store = store_->health();
  MutexLock lock(mutex_);
  auto health = health_;
  health.store = std::move(store);
  return health;
}

void Journal::Thread::on_change(std::function<void(Change)> sink) {
  store_->on_change([executor = executor_, sink = std::move(sink)](Change change) {
    asio::post(executor, [sink, change = std::move(change)] { sink(change); });
  });
}

void Journal::Thread::loop() {
  ::pthread_setname_np(::pthread_self(), "journal");
  OperationList batch;
  while (true) {
    switch (wait(batch)) {
      case Wake::work: run(std::move(batch)); break;
      case Wake::probe: probe(); break;
      case Wake::settle: store_->settle(); break;
      case Wake::stop: return;
    }
  }
}

Journal::Thread::Wake Journal::Thread::wait(OperationList& batch) {
  const auto settle_after = store_->settles_again_in();
  MutexLock lock(mutex_);
  while (waiting_.empty() && !incidents_due_) {
    if (stopping_) return Wake::stop;
    const bool writable = health_.writable;
    auto pause = writable ? settle_after : std::optional(config_.probe_interval);
    if (!noted_.empty()) pause = std::min(pause.value_or(config_.probe_interval), config_.probe_interval);
    if (!pause) {
      wake_.wait(mutex_);
      continue;
    }
    const bool passed = !wake_.wait_for(mutex_, *pause);
    if (!passed || !waiting_.empty() || stopping_) continue;
    incidents_due_ = !noted_.empty();
    return writable ? Wake::settle : Wake::probe;
  }
  batch = waiting_.take(config_.batch_limit);
  return Wake::work;
}

void Journal::Thread::run(OperationList batch) {
  commit_writes(batch);
  batch.for_each([this](Operation& operation) {
    if (operation.as_write() == nullptr) operation.serve(*store_);
  });
  places_taken_.fetch_sub(batch.size(), std::memory_order_relaxed);
  if (!batch.empty()) asio::post(executor_, [finished = std::move(batch)]() mutable { finished.resume_all(); });
  write_incidents();
  store_->settle();
}

// What is not taken stays in the queue, and is tried again with the next one or after a while. It may be there
// already: the store then leaves it as it is.
void Journal::Thread::write_incidents() {
  std::vector<Incident> incidents;
  {
    MutexLock lock(mutex_);
    if (!std::exchange(incidents_due_, false)) return;
    incidents = noted_;
  }
  const auto noted = store_->note_incidents(incidents);
  if (!noted) {
    if (!std::exchange(told_incidents_wait_, true)) {
      log::warning("journal.incidents_wait", {{"error", noted.error().message()}});
    }
    return;
  }
  told_incidents_wait_ = false;
  MutexLock lock(mutex_);
  noted_.erase(noted_.begin(), noted_.begin() + std::ssize(incidents));
}

void Journal::Thread::commit_writes(OperationList& batch) {
  batch.for_each([this](Operation& operation) {
    if (auto* write = operation.as_write()) writes_.push_back(std::move(write->write));
  });
  if (writes_.empty()) return;

  HOLDFAST_HOOK_POINT("journal.before_commit");
  auto results = store_->commit(writes_);
  HOLDFAST_HOOK_POINT("journal.after_commit");
  HOLDFAST_CHECK(results.size() == writes_.size(), "a store answers every write");
  writes_.clear();

  const auto* failure = failure_of(results);
  Result<void> probed;
  if (failure != nullptr && store_->refuses_single_writes()) {
    probed = store_->probe();
    failure = probed ? nullptr : &probed.error();
  }
  note_outcome(failure, failure == nullptr ? 1 : 0, failure == nullptr ? results.size() : 0);
  auto next = results.begin();
  batch.for_each([&next](Operation& operation) {
    if (auto* write = operation.as_write()) write->result.emplace(std::move(*next++));
  });
}

void Journal::Thread::probe() {
  const auto probed = store_->probe();
  note_outcome(probed ? nullptr : &probed.error(), 0, 0);
}

void Journal::Thread::note_outcome(const Error* failure, std::uint64_t commits, std::uint64_t writes) {
  const bool writable = failure == nullptr;
  bool changed = false;
  {
    MutexLock lock(mutex_);
    health_.commits += commits;
    health_.writes += writes;
    changed = health_.writable != writable;
    health_.writable = writable;
    if (!writable) {
      health_.error = failure->message();
    } else if (changed) {
      health_.error.clear();
    }
  }
  if (!changed) return;
  if (writable) {
    log::info("journal.became_writable");
  } else {
    log::error("journal.became_unwritable", {{"code", to_string(failure->code())}, {"error", failure->message()}});
  }
}

}  // namespace holdfast::journal
