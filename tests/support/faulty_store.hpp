/// A Store that fails on cue and is the Store it wraps otherwise.
///
/// Ownership: owns the wrapped store. Faults may be armed from any thread; the Store functions are called
/// as those of every Store.
#pragma once

#include <atomic>

#include "base/mutex.hpp"
#include "journal/store.hpp"

namespace holdfast::testing {

/// A fault that happens the next `times` times its place is passed.
class FaultPoint {
 public:
  void arm(int times) noexcept { left_ = times; }
  void disarm() noexcept { left_ = 0; }
  [[nodiscard]] int left() const noexcept { return left_; }
  [[nodiscard]] bool fires() noexcept;

 private:
  std::atomic<int> left_{0};
};

/// While closed, commits wait.
class CommitGate {
 public:
  void close();
  void open();
  void pass();

  /// Whether a commit stands before the closed gate.
  [[nodiscard]] bool has_arrival();

  /// Waits until that is so.
  void await_arrival();

 private:
  Mutex mutex_;
  Condition changed_;
  bool closed_ HOLDFAST_GUARDED_BY(mutex_) = false;
  int arrived_ HOLDFAST_GUARDED_BY(mutex_) = 0;
};

class FaultyStore final : public journal::Store {
 public:
  explicit FaultyStore(std::unique_ptr<journal::Store> store) : store_(std::move(store)) {}

  FaultPoint fail_before_commit;  ///< unavailable, nothing is changed.
  FaultPoint lost_ack;            ///< unavailable, although everything is durable.
  FaultPoint lost_body_ack;       ///< As lost_ack, for pieces of request bodies.
  FaultPoint disk_full;           ///< Of commits and probes: unavailable, nothing is changed.
  FaultPoint fail_read;           ///< unavailable.
  FaultPoint fail_body_read;      ///< Of pieces of request bodies: unavailable.
  std::atomic<bool> away{false};  ///< While set every function is unavailable and changes nothing.
  CommitGate gate;                ///< A slow disk, or a pool of connections that does not drain.
  std::optional<journal::StoreHealth::Connections>
      connections;             ///< Told in their place. Set it while nobody uses the store.
  std::function<void()> hang;  ///< Called where a store that is away is asked. Set it while nobody uses the store.

  std::vector<Result<journal::Written>> commit(std::span<const journal::Write> writes) override;
  void settle() override { store_->settle(); }
  Result<void> probe() override;
  Result<std::optional<journal::Run>> find(const RunId& id) override;
  Result<std::vector<journal::Entry>> entries(const RunId& id, std::int64_t after_seq, int limit) override;
  Result<std::optional<journal::Checkpoint>> checkpoint(const RunId& id) override;
  Result<std::vector<journal::Run>> list(const journal::RunFilter& filter) override;
  Result<std::vector<journal::Run>> thread_runs(const std::string& owner, const std::string& thread_id,
                                                int limit) override;
  Result<journal::ThreadPage> threads(const std::string& owner, int offset, int limit) override;
  Result<std::vector<journal::Run>> unfinished() override;
  Result<journal::Backlog> backlog() override;
  [[nodiscard]] journal::StoreHealth health() const override {
    auto health = store_->health();
    if (connections) health.connections = *connections;
    return health;
  }
  [[nodiscard]] bool shared() const noexcept override { return shared_ || store_->shared(); }

  /// Plays a database that several instances use. Call it before the store is in use.
  void pretend_to_be_shared() noexcept { shared_ = true; }
  Result<int> renew_lease(const std::string& instance, std::chrono::milliseconds ttl) override;
  Result<void> end_lease(const std::string& instance) override;
  Result<std::optional<UnixMillis>> lease_until(const std::string& instance) override;
  Result<std::vector<journal::Run>> claim(const journal::Claim& claim) override;
  Result<std::vector<journal::Run>> held_by(const std::string& instance) override;
  Result<std::vector<journal::Run>> orphans(int limit) override;
  Result<std::vector<journal::RunVersion>> versions(std::span<const RunId> ids) override;
  Result<journal::ReplayVerdict> import(const journal::Import& local) override;
  void on_change(std::function<void(journal::Change)> sink) override { store_->on_change(std::move(sink)); }
  Result<journal::Rating> rate(const RunId& id, const journal::RatingChange& change) override;
  Result<std::vector<journal::Rating>> ratings(const std::string& owner, const std::string& thread_id) override;
  Result<journal::Deleted> delete_thread(const std::string& owner, const std::string& thread_id) override;
  Result<std::int64_t> retire(std::chrono::milliseconds age, int limit) override;
  Result<void> note_incidents(std::span<const journal::Incident> incidents) override;
  Result<journal::IncidentPage> incidents(const journal::IncidentFilter& filter) override;
  Result<std::int64_t> trim_incidents(std::chrono::milliseconds age, std::int64_t keep, int limit) override;
  Result<void> put_thread_checkpoint(const journal::ThreadCheckpoint& checkpoint,
                                     const journal::ThreadCheckpointLimits& limits) override;
  Result<void> put_thread_writes(const journal::CheckpointPlace& place, const std::vector<journal::ThreadWrite>& writes,
                                 const journal::ThreadCheckpointLimits& limits) override;
  Result<journal::ThreadCheckpointPage> thread_checkpoints(const journal::ThreadCheckpointFilter& filter) override;
  Result<std::int64_t> delete_thread_checkpoints(const std::string& owner, const std::string& thread_id) override;
  Result<std::int64_t> retire_thread_checkpoints(std::chrono::milliseconds age, int limit) override;
  Result<void> put_body_piece(const journal::BodyPiece& piece) override;
  Result<std::string> body_piece(const std::string& body_id, std::int64_t number) override;
  Result<std::int64_t> drop_body(const std::string& body_id, int limit) override;
  Result<std::int64_t> trim_bodies(std::chrono::milliseconds age, int limit) override;
  Result<void> reset_connections() override {
    gate.pass();
    return store_->reset_connections();
  }

 private:
  [[nodiscard]] bool is_away() {
    if (away && hang) hang();
    return away;
  }
  [[nodiscard]] bool cannot_read() { return is_away() || fail_read.fires(); }

  std::unique_ptr<journal::Store> store_;
  bool shared_ = false;
};

}  // namespace holdfast::testing
