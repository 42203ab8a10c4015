#include "tests/support/faulty_store.hpp"

namespace holdfast::testing {
namespace {

using namespace journal;

std::vector<Result<Written>> all_fail(std::size_t count, const char* message) {
  return std::vector<Result<Written>>(count, fail(ErrorCode::unavailable, message));
}

std::unexpected<Error> unreadable() { return fail(ErrorCode::unavailable, "fault: the read failed"); }

}  // namespace

bool FaultPoint::fires() noexcept {
  int left = left_.load();
  while (left > 0 && !left_.compare_exchange_weak(left, left - 1)) continue;
  return left > 0;
}

void CommitGate::close() {
  MutexLock lock(mutex_);
  closed_ = true;
  arrived_ = 0;
}

void CommitGate::open() {
  MutexLock lock(mutex_);
  closed_ = false;
  changed_.notify_all();
}

void CommitGate::pass() {
  MutexLock lock(mutex_);
  ++arrived_;
  changed_.notify_all();
  while (closed_) changed_.wait(mutex_);
}

bool CommitGate::has_arrival() {
  MutexLock lock(mutex_);
  return arrived_ > 0;
}

void CommitGate::await_arrival() {
  MutexLock lock(mutex_);
  while (arrived_ == 0) changed_.wait(mutex_);
}

std::vector<Result<Written>> FaultyStore::commit(std::span<const Write> writes) {
  gate.pass();
  if (is_away()) return all_fail(writes.size(), "fault: away");
  if (fail_before_commit.fires()) return all_fail(writes.size(), "fault: failed before the commit");
  if (disk_full.fires()) return all_fail(writes.size(), "fault: disk full");
  auto results = store_->commit(writes);
  if (lost_ack.fires()) return all_fail(writes.size(), "fault: the acknowledgement was lost");
  return results;
}

Result<void> FaultyStore::probe() {
  if (is_away()) return fail(ErrorCode::unavailable, "fault: away");
  if (disk_full.fires()) return fail(ErrorCode::unavailable, "fault: disk full");
  return store_->probe();
}

Result<std::optional<Run>> FaultyStore::find(const RunId& id) {
  if (cannot_read()) return unreadable();
  return store_->find(id);
}

Result<std::vector<Entry>> FaultyStore::entries(const RunId& id, std::int64_t after_seq, int limit) {
  if (cannot_read()) return unreadable();
  return store_->entries(id, after_seq, limit);
}

Result<std::optional<Checkpoint>> FaultyStore::checkpoint(const RunId& id) {
  if (cannot_read()) return unreadable();
  return store_->checkpoint(id);
}

Result<std::vector<Run>> FaultyStore::list(const RunFilter& filter) {
  if (cannot_read()) return unreadable();
  return store_->list(filter);
}

Result<std::vector<Run>> FaultyStore::thread_runs(const std::string& owner, const std::string& thread_id, int limit) {
  if (cannot_read()) return unreadable();
  return store_->thread_runs(owner, thread_id, limit);
}

Result<ThreadPage> FaultyStore::threads(const std::string& owner, int offset, int limit) {
  if (cannot_read()) return unreadable();
  return store_->threads(owner, offset, limit);
}

Result<std::vector<Run>> FaultyStore::unfinished() {
  if (cannot_read()) return unreadable();
  return store_->unfinished();
}

Result<Backlog> FaultyStore::backlog() {
  if (cannot_read()) return unreadable();
  return store_->backlog();
}

Result<int> FaultyStore::renew_lease(const std::string& instance, std::chrono::milliseconds ttl) {
  if (cannot_read()) return unreadable();
  return store_->renew_lease(instance, ttl);
}

Result<void> FaultyStore::end_lease(const std::string& instance) {
  if (cannot_read()) return unreadable();
  return store_->end_lease(instance);
}

Result<std::optional<UnixMillis>> FaultyStore::lease_until(const std::string& instance) {
  if (cannot_read()) return unreadable();
  return store_->lease_until(instance);
}

Result<std::vector<Run>> FaultyStore::claim(const Claim& claim) {
  if (cannot_read()) return unreadable();
  auto claimed = store_->claim(claim);
  if (lost_ack.fires()) return unreadable();
  return claimed;
}

Result<std::vector<Run>> FaultyStore::held_by(const std::string& instance) {
  if (fail_read.fires()) return unreadable();
  return store_->held_by(instance);
}

Result<std::vector<Run>> FaultyStore::orphans(int limit) {
  if (cannot_read()) return unreadable();
  return store_->orphans(limit);
}

Result<std::vector<RunVersion>> FaultyStore::versions(std::span<const RunId> ids) {
  if (cannot_read()) return unreadable();
  return store_->versions(ids);
}

Result<ReplayVerdict> FaultyStore::import(const Import& local) {
  if (is_away() || fail_before_commit.fires() || disk_full.fires()) return unreadable();
  auto verdict = store_->import(local);
  if (lost_ack.fires()) return unreadable();
  return verdict;
}

Result<Rating> FaultyStore::rate(const RunId& id, const RatingChange& change) {
  if (cannot_read()) return unreadable();
  return store_->rate(id, change);
}

Result<std::vector<Rating>> FaultyStore::ratings(const std::string& owner, const std::string& thread_id) {
  if (cannot_read()) return unreadable();
  return store_->ratings(owner, thread_id);
}

Result<Deleted> FaultyStore::delete_thread(const std::string& owner, const std::string& thread_id) {
  if (cannot_read()) return unreadable();
  return store_->delete_thread(owner, thread_id);
}

Result<std::int64_t> FaultyStore::retire(std::chrono::milliseconds age, int limit) {
  if (cannot_read()) return unreadable();
  return store_->retire(age, limit);
}

Result<void> FaultyStore::note_incidents(std::span<const Incident> incidents) {
  if (is_away() || fail_before_commit.fires() || disk_full.fires()) return unreadable();
  auto noted = store_->note_incidents(incidents);
  if (lost_ack.fires()) return unreadable();
  return noted;
}

Result<IncidentPage> FaultyStore::incidents(const IncidentFilter& filter) {
  if (cannot_read()) return unreadable();
  return store_->incidents(filter);
}

Result<std::int64_t> FaultyStore::trim_incidents(std::chrono::milliseconds age, std::int64_t keep, int limit) {
  if (cannot_read()) return unreadable();
  return store_->trim_incidents(age, keep, limit);
}

Result<void> FaultyStore::put_thread_checkpoint(const journal::ThreadCheckpoint& checkpoint,
                                                const journal::ThreadCheckpointLimits& limits) {
  if (is_away() || fail_before_commit.fires() || disk_full.fires()) return unreadable();
  auto put = store_->put_thread_checkpoint(checkpoint, limits);
  if (lost_ack.fires()) return unreadable();
  return put;
}

Result<void> FaultyStore::put_thread_writes(const journal::CheckpointPlace& place,
                                            const std::vector<journal::ThreadWrite>& writes,
                                            const journal::ThreadCheckpointLimits& limits) {
  if (is_away() || fail_before_commit.fires() || disk_full.fires()) return unreadable();
  auto put = store_->put_thread_writes(place, writes, limits);
  if (lost_ack.fires()) return unreadable();
  return put;
}

Result<journal::ThreadCheckpointPage> FaultyStore::thread_checkpoints(const journal::ThreadCheckpointFilter& filter) {
  if (cannot_read()) return unreadable();
  return store_->thread_checkpoints(filter);
}

Result<std::int64_t> FaultyStore::delete_thread_checkpoints(const std::string& owner, const std::string& thread_id) {
  if (cannot_read()) return unreadable();
  return store_->delete_thread_checkpoints(owner, thread_id);
}

Result<std::int64_t> FaultyStore::retire_thread_checkpoints(std::chrono::milliseconds age, int limit) {
  if (cannot_read()) return unreadable();
  return store_->retire_thread_checkpoints(age, limit);
}

Result<void> FaultyStore::put_body_piece(const journal::BodyPiece& piece) {
  gate.pass();
  if (is_away() || fail_before_commit.fires() || disk_full.fires()) return unreadable();
  auto put = store_->put_body_piece(piece);
  if (lost_body_ack.fires()) return unreadable();
  return put;
}

Result<std::string> FaultyStore::body_piece(const std::string& body_id, std::int64_t number) {
  if (cannot_read() || fail_body_read.fires()) return unreadable();
  return store_->body_piece(body_id, number);
}

Result<std::int64_t> FaultyStore::drop_body(const std::string& body_id, int limit) {
  if (cannot_read()) return unreadable();
  return store_->drop_body(body_id, limit);
}

Result<std::int64_t> FaultyStore::trim_bodies(std::chrono::milliseconds age, int limit) {
  if (cannot_read()) return unreadable();
  return store_->trim_bodies(age, limit);
}

}  // namespace holdfast::testing
