/// Thread checkpoints as rows, the same on every database. Functions as in Store.
/// Runs on: the thread of the Store, may block.
#pragma once

#include <chrono>

#include "journal/portable_sql.hpp"
#include "journal/thread_checkpoint.hpp"

namespace holdfast::journal {

class ThreadCheckpoints {
 public:
  /// `sql` outlives it.
  explicit ThreadCheckpoints(PortableSql& sql) : sql_(sql) {}

  Result<void> put(const ThreadCheckpoint& checkpoint, const ThreadCheckpointLimits& limits);
  Result<void> put_writes(const CheckpointPlace& place, const std::vector<ThreadWrite>& writes,
                          const ThreadCheckpointLimits& limits);
  Result<ThreadCheckpointPage> list(const ThreadCheckpointFilter& filter);
  Result<std::int64_t> remove(const std::string& owner, const std::string& thread_id);
  Result<std::int64_t> retire(std::chrono::milliseconds age, int limit);

 private:
  Result<std::int64_t> remove_older(const std::string& owner, const std::string& thread_id, UnixMillis than);

  PortableSql& sql_;
};

}  // namespace holdfast::journal
