/// A Store that goes on when its database is away: a local journal stands in, run by run, and is moved into the
/// database when that is back (docs/reference/journal.md, "When the database is away").
///
/// A run that has local rows is read and written locally; any other in the database. What the database does not take
/// (`unavailable`, outcome unknown) is done locally at once; while it is known to be away it is not asked. It is tried
/// again about every second, from settle() and probe(), which also move local runs.
///
/// Ownership: owns the database's Store and the local file. Runs on: journal thread, may block; health(), on_change()
/// and shared() on any.
/// Errors, besides those of Store: `unavailable` for a single write or read about what only the database knows.
/// Invariants:
///   - A write that was answered is in the local file or in the database, and leaves the local file only for the
///     database, or to be kept aside when somebody else went on with its run there.
///   - Nothing is claimed or taken over while local runs wait: one of them might be among those.
#pragma once

#include "journal/spill_database.hpp"
#include "journal/spill_replay.hpp"
#include "journal/spill_writes.hpp"

namespace holdfast::journal {

struct SpillConfig {
  std::string path;           ///< Of the local journal.
  std::string database_type;  ///< What health() says while the database was never reached.
  bool shared = true;         ///< Other instances work on the database.
  std::chrono::milliseconds retry_interval{1000};
};

class SpillStore final : public Store {
 public:
  SpillStore(SpillConfig config, std::unique_ptr<SpillFile> file, OpenDatabase open, const Clock& clock);

  /// Reads what an earlier process left, and opens the database; when that is unavailable, it is tried again later.
  Result<void> start();

  std::vector<Result<Written>> commit(std::span<const Write> writes) override;
  void settle() override;
  [[nodiscard]] std::optional<std::chrono::milliseconds> settles_again_in() const override;
  [[nodiscard]] bool refuses_single_writes() const noexcept override { return true; }
  Result<void> probe() override;
  [[nodiscard]] StoreHealth health() const override;

  Result<std::optional<Run>> find(const RunId& id) override;
  Result<std::vector<Entry>> entries(const RunId& id, std::int64_t after_seq, int limit) override;
  Result<std::optional<Checkpoint>> checkpoint(const RunId& id) override;
  Result<std::vector<Run>> list(const RunFilter& filter) override;
  Result<std::vector<Run>> thread_runs(const std::string& owner, const std::string& thread_id, int limit) override;
  Result<ThreadPage> threads(const std::string& owner, int offset, int limit) override;
  /// The local ones and, when the database is not shared, its own: those of a shared one are claimed or taken over.
  Result<std::vector<Run>> unfinished() override;
  /// Of the database and, until they are moved there, the local runs. unavailable: the database is away.
  Result<Backlog> backlog() override;

  [[nodiscard]] bool shared() const noexcept override { return config_.shared; }
  Result<int> renew_lease(const std::string& instance, std::chrono::milliseconds ttl) override;
  Result<void> end_lease(const std::string& instance) override;
  Result<std::optional<UnixMillis>> lease_until(const std::string& instance) override;
  Result<std::vector<Run>> claim(const Claim& claim) override;
  Result<std::vector<Run>> held_by(const std::string& instance) override;
  Result<std::vector<Run>> orphans(int limit) override;
  Result<std::vector<RunVersion>> versions(std::span<const RunId> ids) override;
  void on_change(std::function<void(Change)> sink) override { database_.on_change(std::move(sink)); }
  Result<ReplayVerdict> import(const Import& local) override;

  Result<Rating> rate(const RunId& id, const RatingChange& change) override;
  Result<std::vector<Rating>> ratings(const std::string& owner, const std::string& thread_id) override;
  Result<Deleted> delete_thread(const std::string& owner, const std::string& thread_id) override;
  Result<std::int64_t> retire(std::chrono::milliseconds age, int limit) override;
  Result<void> note_incidents(std::span<const Incident> incidents) override;
  Result<IncidentPage> incidents(const IncidentFilter& filter) override;
  Result<std::int64_t> trim_incidents(std::chrono::milliseconds age, std::int64_t keep, int limit) override;
  Result<void> put_thread_checkpoint(const ThreadCheckpoint& checkpoint, const ThreadCheckpointLimits& limits) override;
  Result<void> put_thread_writes(const CheckpointPlace& place, const std::vector<ThreadWrite>& writes,
                                 const ThreadCheckpointLimits& limits) override;
  Result<ThreadCheckpointPage> thread_checkpoints(const ThreadCheckpointFilter& filter) override;
  Result<std::int64_t> delete_thread_checkpoints(const std::string& owner, const std::string& thread_id) override;
  Result<std::int64_t> retire_thread_checkpoints(std::chrono::milliseconds age, int limit) override;
  Result<void> put_body_piece(const BodyPiece& piece) override;
  Result<std::string> body_piece(const std::string& body_id, std::int64_t number) override;
  Result<std::int64_t> drop_body(const std::string& body_id, int limit) override;
  Result<std::int64_t> trim_bodies(std::chrono::milliseconds age, int limit) override;
  Result<void> reset_connections() override;

 private:
  using Tried = SpillWrites::Tried;

  // Writes (spill_store.cpp).
  std::vector<Result<Written>> commit_apart(std::span<const Write> writes, const std::vector<bool>& local);
  std::vector<Result<Written>> commit_to_database(std::span<const Write> writes);
  std::vector<Result<Written>> commit_locally(std::span<const Write> writes, Tried tried);
  Result<std::vector<bool>> find_local(std::span<const Write> writes);
  /// `asked_at`: when the database was asked, so that one that hangs is asked less often.
  void lose_database(const Error& error, SteadyTime asked_at);
  void go_on();
  bool come_back();
  void replay_some();

  // Bodies of requests (spill_store_bodies.cpp).
  /// A run is accepted where its body is: they are moved into the database together.
  Result<bool> has_local_body(const RunId& run);

  // Incidents (spill_store_incidents.cpp).
  /// False: some are left, to be moved at a later step.
  bool move_incidents();

  // Reads (spill_store_reads.cpp).
  Result<std::optional<SpilledRun>> find_spilled(const RunId& id);
  void see(const std::vector<Run>& runs);
  /// They are there, and this instance has them: see KnownThere.
  void see_as_current(const std::vector<Run>& runs);

  const SpillConfig config_;
  const Clock& clock_;
  const std::unique_ptr<SpillFile> file_;
  SpillDatabase database_;
  SpillLease lease_;
  KnownThere known_;
  SpillWrites writes_;
  SpillReplay replay_;
  SpillStatus status_;
  ReplayCounts replayed_;  ///< Since the outage began.
  SteadyTime next_step_;
  bool in_pass_ = false;
  bool has_local_bodies_ = true;      ///< There may be some in the local file.
  bool pending_ = false;              ///< A pass is due or under way.
  bool told_incidents_left_ = false;  ///< That the database refuses local incidents was logged.
};

/// unavailable, failed_precondition, data_loss: the local file, as open_sqlite_store. A database that is away is no
/// error; any other error of `open_database` is returned.
Result<std::unique_ptr<Store>> open_spill_store(SpillConfig config, OpenDatabase open_database, const Clock& clock);

}  // namespace holdfast::journal
