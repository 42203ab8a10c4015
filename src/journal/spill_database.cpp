#include "journal/spill_database.hpp"

#include <fmt/format.h>

#include "base/backoff.hpp"

namespace holdfast::journal {
namespace {

// A database that answers probes and takes no writes costs the time limit of one commit at each return.
constexpr std::chrono::milliseconds kLongestPause{30'000};

// Whoever uses the journal waits while a database that hangs is asked: a fifth of the time, a quarter when the longest
// pause is reached.
constexpr int kPauseToTry = 4;

}  // namespace

SpillDatabase::SpillDatabase(OpenDatabase open, std::chrono::milliseconds retry_interval, const Clock& clock)
    : open_(std::move(open)), retry_interval_(retry_interval), clock_(clock), next_try_(clock.steady()) {}

Result<void> SpillDatabase::open() {
  if (store_) return {};
  auto opened = open_();
  if (!opened) {
    error_ = opened.error().message();
    return fail(std::move(opened));
  }
  store_ = std::move(*opened);
  MutexLock lock(mutex_);
  if (sink_) store_->on_change(sink_);
  current_ = store_.get();
  return {};
}

void SpillDatabase::on_change(std::function<void(Change)> sink) {
  MutexLock lock(mutex_);
  sink_ = std::move(sink);
  if (auto* store = current()) store->on_change(sink_);
}

void SpillDatabase::announce(Change change) {
  std::function<void(Change)> sink;
  {
    MutexLock lock(mutex_);
    sink = sink_;
  }
  if (sink) sink(std::move(change));
}

void SpillDatabase::lose(const Error& error, SteadyTime asked_at) {
  away_ = true;
  error_ = error.message();
  const BackoffConfig pauses{retry_interval_, std::max(retry_interval_, kLongestPause)};
  next_try_ = clock_.steady() + backoff_bound(pauses, ++failed_returns_);
  waited_ = {};
  put_off(asked_at);
}

void SpillDatabase::put_off(SteadyTime asked_at) {
  const auto now = clock_.steady();
  waited_ += now - asked_at;
  const auto pause = std::min<SteadyTime::duration>(kPauseToTry * waited_, kLongestPause);
  next_try_ = std::max(next_try_, now + pause);
}

void SpillDatabase::try_again() {
  reads_fail_ = false;
  waited_ = {};
  const auto asked_at = clock_.steady();
  auto answered = open();
  if (answered) answered = store_->probe();
  away_ = !answered;
  if (answered) return;
  error_ = answered.error().message();
  next_try_ = clock_.steady() + retry_interval_;
  put_off(asked_at);
}

std::unexpected<Error> SpillDatabase::is_away() const {
  return fail(ErrorCode::unavailable, fmt::format("the database is away ({}); try again when it is back", error_));
}

}  // namespace holdfast::journal
