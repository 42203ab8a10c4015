/// The journal in a PostgreSQL database that several instances share. Runs on: journal thread, may block, never longer
/// than the limit of an operation.
///
/// Invariant: between two calls no transaction is open and nothing is kept in a session.
#pragma once

#include "journal/postgres_incidents.hpp"
#include "journal/postgres_leases.hpp"
#include "journal/postgres_listener.hpp"
#include "journal/postgres_pool.hpp"
#include "journal/postgres_portable.hpp"
#include "journal/postgres_ratings.hpp"
#include "journal/postgres_reads.hpp"
#include "journal/postgres_writes.hpp"
#include "journal/request_bodies.hpp"
#include "journal/thread_checkpoints.hpp"

namespace holdfast::journal {

class PostgresStore final : public Store {
 public:
  PostgresStore(const PostgresConfig& config, PostgresConnection first);

  [[nodiscard]] StoreHealth health() const override { return pool_.health(); }
  [[nodiscard]] bool shared() const noexcept override { return true; }

  std::vector<Result<Written>> commit(std::span<const Write> writes) override { return writes_.commit(writes); }
  Result<void> probe() override;
  Result<ReplayVerdict> import(const Import& local) override { return writes_.import(local); }
  Result<std::vector<Run>> claim(const Claim& claim) override { return writes_.claim(claim); }

  Result<std::optional<Run>> find(const RunId& id) override { return reads_.find(id); }
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
  Result<Backlog> backlog() override { return reads_.backlog(); }
  Result<std::vector<RunVersion>> versions(std::span<const RunId> ids) override { return reads_.versions(ids); }
  Result<std::vector<Rating>> ratings(const std::string& owner, const std::string& thread_id) override {
    return reads_.ratings(owner, thread_id);
  }

  Result<int> renew_lease(const std::string& instance, std::chrono::milliseconds ttl) override;
  Result<void> end_lease(const std::string& instance) override { return leases_.end(instance); }
  Result<std::optional<UnixMillis>> lease_until(const std::string& instance) override {
    return leases_.until(instance);
  }
  Result<std::vector<Run>> held_by(const std::string& instance) override { return leases_.held_by(instance); }
  Result<std::vector<Run>> orphans(int limit) override { return leases_.orphans(limit); }

  Result<Rating> rate(const RunId& id, const RatingChange& change) override { return ratings_.rate(id, change); }
  Result<Deleted> delete_thread(const std::string& owner, const std::string& thread_id) override {
    return ratings_.delete_thread(owner, thread_id);
  }
  Result<std::int64_t> retire(std::chrono::milliseconds age, int limit) override { return ratings_.retire(age, limit); }

  Result<void> note_incidents(std::span<const Incident> incidents) override { return incidents_.note(incidents); }
  Result<IncidentPage> incidents(const IncidentFilter& filter) override { return incidents_.list(filter); }
  Result<std::int64_t> trim_incidents(std::chrono::milliseconds age, std::int64_t keep, int limit) override {
    return incidents_.trim(age, keep, limit);
  }

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

  Result<void> put_body_piece(const BodyPiece& piece) override { return bodies_.put(piece); }
  Result<std::string> body_piece(const std::string& body_id, std::int64_t number) override {
    return bodies_.piece(body_id, number);
  }
  Result<std::int64_t> drop_body(const std::string& body_id, int limit) override {
    return bodies_.drop(body_id, limit);
  }
  Result<std::int64_t> trim_bodies(std::chrono::milliseconds age, int limit) override {
    return bodies_.trim(age, limit);
  }

  /// Listens from the first call on; a second one takes the place of the first.
  void on_change(std::function<void(Change)> sink) override;
  Result<void> reset_connections() override;

 private:
  const PostgresConfig config_;
  const std::string self_;  ///< Tells our own notices from those of others.
  PostgresPool pool_;
  PostgresTransactions transactions_;
  PostgresWrites writes_;
  PostgresReads reads_;
  PostgresLeases leases_;
  PostgresRatings ratings_;
  PostgresIncidents incidents_;
  PostgresPortable portable_;
  ThreadCheckpoints thread_checkpoints_{portable_};
  RequestBodies bodies_{portable_};
  std::unique_ptr<PostgresListener> listener_;
};

}  // namespace holdfast::journal
