// The thread checkpoints of a SpillStore: in the database alone. While that is away they are refused: a local copy
// could not tell what the conversation is that it adds to.
#include "journal/spill_store.hpp"

namespace holdfast::journal {

Result<void> SpillStore::put_thread_checkpoint(const ThreadCheckpoint& checkpoint,
                                               const ThreadCheckpointLimits& limits) {
  return database_.write([&](Store& store) { return store.put_thread_checkpoint(checkpoint, limits); });
}

Result<void> SpillStore::put_thread_writes(const CheckpointPlace& place, const std::vector<ThreadWrite>& writes,
                                           const ThreadCheckpointLimits& limits) {
  return database_.write([&](Store& store) { return store.put_thread_writes(place, writes, limits); });
}

Result<ThreadCheckpointPage> SpillStore::thread_checkpoints(const ThreadCheckpointFilter& filter) {
  return database_.read([&](Store& store) { return store.thread_checkpoints(filter); });
}

Result<std::int64_t> SpillStore::delete_thread_checkpoints(const std::string& owner, const std::string& thread_id) {
  return database_.write([&](Store& store) { return store.delete_thread_checkpoints(owner, thread_id); });
}

Result<std::int64_t> SpillStore::retire_thread_checkpoints(std::chrono::milliseconds age, int limit) {
  return database_.write([&](Store& store) { return store.retire_thread_checkpoints(age, limit); });
}

}  // namespace holdfast::journal
