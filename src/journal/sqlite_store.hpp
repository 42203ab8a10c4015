/// The journal in one SQLite file. Runs on: journal thread, may block.
///
/// Invariant: between two calls no transaction is open, so nothing is held that another program waits for.
#pragma once

#include "journal/sqlite_reads.hpp"
#include "journal/sqlite_wal.hpp"
#include "journal/sqlite_writes.hpp"

namespace holdfast::journal {

class SqliteStore final : public Store {
 public:
  /// `clock` outlives the store.
  SqliteStore(Connection connection, const Clock& clock);

  std::vector<Result<Written>> commit(std::span<const Write> writes) override;
  void settle() override;
  Result<void> probe() override;
  Result<std::optional<Run>> find(const RunId& id) override { return reads_.find(id); }
  Result<std::vector<Entry>> entries(const RunId& id, std::int64_t after_seq, int limit) override {
    return reads_.entries(id, after_seq, limit);
  }
  Result<std::optional<Checkpoint>> checkpoint(const RunId& id) override { return reads_.checkpoint(id); }
  Result<std::vector<Run>> list(const RunFilter& filter) override { return reads_.list(filter); }
  Result<std::vector<Run>> thread_runs(const std::string& owner, const std::string& thread_id, int limit) override {
    return reads_.thread_runs(owner, thread_id, limit);
  }
  Result<std::vector<ThreadSummary>> threads(const std::string& owner, int limit) override {
    return reads_.threads(owner, limit);
  }
  Result<std::vector<Run>> unfinished() override { return reads_.unfinished(); }

 private:
  /// The result of each write, once durable; or why the transaction failed, which may still be open.
  Result<std::vector<Result<Written>>> write_all(std::span<const Write> writes);
  Result<void> write_filler();

  Connection connection_;
  const Clock& clock_;
  SqliteWal wal_;
  SqliteWrites writes_;
  SqliteReads reads_;
  Statement begin_;
  Statement commit_;
  Statement probe_;
};

}  // namespace holdfast::journal
