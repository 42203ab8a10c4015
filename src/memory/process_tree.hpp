/// What our process and everything below it keeps in memory, worker by worker.
///
/// A process belongs to the nearest worker above it; one whose parent ended belongs to us, to whom the kernel gives it.
/// Cost: about 16 microseconds a process, and 7 more for each thread beyond the first (children belong to the thread
/// that started them). Any thread; blocks for as long.
/// Invariants:
///   - A process that has ended holds nothing. One that cannot be read makes every sum it belongs to an error.
///   - Pages that processes share are counted in each of them: the sum is an upper bound. What a child has in common
///     with its parent until it executes another program (vfork) is counted once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "memory/kernel_files.hpp"
#include "memory/process_status.hpp"

namespace holdfast::memory {

/// Past it the tree is not walked further, which is an error: a program that starts processes without end must not stop
/// the event loop (1,024 take some 10 ms).
inline constexpr std::size_t kMostProcesses = 1024;

/// Of a process with more threads the children are looked for in the whole of /proc instead: threads can leak by the
/// thousand, and their number must not decide how long a tick takes.
inline constexpr std::uint64_t kMostThreadsWalked = 64;

/// A worker and everything below it.
struct WorkerMemory {
  int pid = 0;
  Bytes resident;  ///< RssAnon + RssShmem: what only its end or its own doing gives back.
  Bytes file;
  Bytes vm_size;
  Bytes swap;
  std::size_t processes = 0;
  std::uint64_t threads = 0;
};

struct TreeMemory {
  Result<ProcessStatus> own;
  Result<Bytes> resident;  ///< Of all processes, ours included.
  /// In the order of the pids asked for. not_found: that worker has ended.
  std::vector<Result<WorkerMemory>> workers;
  std::vector<int> pids;  ///< Of all processes that were found.
};

/// `worker_pids` need not be below `own_pid`.
[[nodiscard]] TreeMemory read_process_tree(const KernelFiles& files, int own_pid, std::span<const int> worker_pids);

}  // namespace holdfast::memory
