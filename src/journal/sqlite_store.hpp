/// The journal in one SQLite file. Runs on: journal thread, may block.
///
/// Invariant: between two calls no transaction is open, so nothing is held that another program waits for.
#pragma once

#include <atomic>

#include "journal/request_bodies.hpp"
#include "journal/sqlite_import.hpp"
#include "journal/sqlite_incidents.hpp"
#include "journal/sqlite_leases.hpp"
#include "journal/sqlite_portable.hpp"
#include "journal/sqlite_ratings.hpp"
#include "journal/sqlite_reads.hpp"
#include "journal/sqlite_wal.hpp"
#include "journal/sqlite_writes.hpp"
#include "journal/thread_checkpoints.hpp"

namespace holdfast::journal {

class SqliteStore final : public Store {
 public:
  /// `clock` outlives the store.
  SqliteStore(Connection connection, const Clock& clock);

  std::vector<Result<Written>> commit(std::span<const Write> writes) override;
  void settle() override;
  Result<void> probe() override;
  Result<std::optional<Run>> find(const RunId& id) override;
  Result<std::vector<Entry>> entries(const RunId& id, std::int64_t after_seq, int limit) override {
    return reads_.entries(id, after_seq, limit);
  }
  Result<std::optional<Checkpoint>> checkpoint(const RunId& id) override { return reads_.checkpoint(id); }
  Result<std::vector<Run>> list(const RunFilter& filter) override { return reads_.list(filter); }
  Result<std::vector<Run>> thread_runs(const std::string& owner, const std::string& thread_id, int limit) override {
    return reads_.thread_runs(owner, thread_id, limit);
  }
  Result<ThreadPage> threads(const std::string& owner, int offset, int limit) override {
    return reads_.threads(owner, offset, limit);
  }
  Result<std::vector<Run>> unfinished() override { return reads_.unfinished(); }
  Result<Backlog> backlog() override { return reads_.backlog(clock_.wall()); }
  [[nodiscard]] StoreHealth health() const override;

  Result<int> renew_lease(const std::string& instance, std::chrono::milliseconds ttl) override;
  Result<void> end_lease(const std::string& instance) override { return leases_.end(instance, clock_.wall()); }
  Result<std::optional<UnixMillis>> lease_until(const std::string& instance) override {
    return leases_.until(instance);
  }
  Result<std::vector<Run>> claim(const Claim& claim) override;
  Result<std::vector<Run>> held_by(const std::string& instance) override { return leases_.held_by(instance); }
  Result<std::vector<Run>> orphans(int limit) override { return leases_.orphans(clock_.wall(), limit); }
  Result<std::vector<RunVersion>> versions(std::span<const RunId> ids) override { return leases_.versions(ids); }
  Result<ReplayVerdict> import(const Import& local) override;

  Result<Rating> rate(const RunId& id, const RatingChange& change) override;
  Result<std::vector<Rating>> ratings(const std::string& owner, const std::string& thread_id) override {
    return ratings_.of_thread(owner, thread_id);
  }
  Result<Deleted> delete_thread(const std::string& owner, const std::string& thread_id) override;
  Result<std::int64_t> retire(std::chrono::milliseconds age, int limit) override;

  Result<void> note_incidents(std::span<const Incident> incidents) override;
  Result<IncidentPage> incidents(const IncidentFilter& filter) override;
  Result<std::int64_t> trim_incidents(std::chrono::milliseconds age, std::int64_t keep, int limit) override;

  Result<void> put_thread_checkpoint(const ThreadCheckpoint& checkpoint,
                                     const ThreadCheckpointLimits& limits) override {
    return thread_checkpoints_.put(checkpoint, limits);
  }
  Result<void> put_thread_writes(const CheckpointPlace& place, const std::vector<ThreadWrite>& writes,
                                 const ThreadCheckpointLimits& limits) override {
    return thread_checkpoints_.put_writes(place, writes, limits);
  }
  Result<ThreadCheckpointPage> thread_checkpoints(const ThreadCheckpointFilter& filter) override {
    return thread_checkpoints_.list(filter);
  }
  Result<std::int64_t> delete_thread_checkpoints(const std::string& owner, const std::string& thread_id) override {
    return thread_checkpoints_.remove(owner, thread_id);
  }
  Result<std::int64_t> retire_thread_checkpoints(std::chrono::milliseconds age, int limit) override {
    return thread_checkpoints_.retire(age, limit);
  }

  Result<void> put_body_piece(const BodyPiece& piece) override;
  Result<std::string> body_piece(const std::string& body_id, std::int64_t number) override {
    return bodies_.piece(body_id, number);
  }
  Result<std::int64_t> drop_body(const std::string& body_id, int limit) override {
    return bodies_.drop(body_id, limit);
  }
  Result<std::int64_t> trim_bodies(std::chrono::milliseconds age, int limit) override {
    return bodies_.trim(age, limit);
  }

 private:
  /// The result of each write, once durable; or why the transaction failed, which may still be open.
  Result<std::vector<Result<Written>>> write_all(std::span<const Write> writes);

  /// Makes what `body` writes durable, or nothing of it.
  template <class Body>
  auto transaction(Body body) -> decltype(body());

  Connection connection_;
  const Clock& clock_;
  SqliteWal wal_;
  SqliteWrites writes_;
  SqliteReads reads_;
  SqliteLeases leases_;
  SqliteRatings ratings_;
  SqliteImport import_;
  SqliteIncidents incidents_;
  SqlitePortable portable_;
  ThreadCheckpoints thread_checkpoints_{portable_};
  RequestBodies bodies_{portable_};
  Statement begin_;
  Statement commit_;
  Statement probe_;
  std::atomic<std::int64_t> read_latency_us_{0};  ///< Of the latest find().
};

}  // namespace holdfast::journal
