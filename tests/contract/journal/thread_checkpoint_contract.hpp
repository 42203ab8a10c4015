/// The Store contract with verbs for thread checkpoints.
#pragma once

#include "tests/contract/journal/store_contract.hpp"

namespace holdfast::journal {

class ThreadCheckpointContract : public StoreContract {
 protected:
  Result<void> put(const ThreadCheckpoint& checkpoint, ThreadCheckpointLimits limits = {}) {
    return store_->put_thread_checkpoint(checkpoint, limits);
  }
  Result<void> put_writes(const CheckpointPlace& at, std::vector<ThreadWrite> writes,
                          ThreadCheckpointLimits limits = {}) {
    return store_->put_thread_writes(at, writes, limits);
  }
  ThreadCheckpointPage list(ThreadCheckpointFilter filter = {}) {
    if (filter.owner.empty()) filter.owner = "ann";
    auto page = store_->thread_checkpoints(filter);
    EXPECT_TRUE(page) << page.error().message();
    return page.value_or(ThreadCheckpointPage());
  }
};

}  // namespace holdfast::journal
