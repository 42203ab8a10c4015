/// How a worker process ended, as evidence. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace holdfast::workers {

struct WorkerExit {
  int pid = 0;
  std::optional<int> status;        ///< Exit status, when it exited.
  std::optional<int> signal;        ///< Signal, when it was killed.
  std::int64_t peak_rss_bytes = 0;  ///< ru_maxrss of the process.
  /// Whether the kernel killed it for want of memory, by the kernel's own count. None: it does not tell.
  std::optional<bool> by_kernel_for_memory = std::nullopt;
};

/// "exited with status 1", "was killed by signal 9 (SIGKILL)", "ended".
[[nodiscard]] std::string describe(const WorkerExit& exited);

}  // namespace holdfast::workers
