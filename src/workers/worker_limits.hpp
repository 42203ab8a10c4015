/// What a worker process may take of the kernel: resource limits, set before its program starts.
///
/// They are each process's own, so that a worker of several processes may take each of them several times, but for
/// `processes`: that one counts all processes and threads of the user, whoever started them, and root is exempt from
/// it.
#pragma once

#include <sys/resource.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace holdfast::workers {

struct WorkerLimits {
  std::optional<std::uint64_t> open_files;  ///< None: `inherited_open_files`.
  std::optional<std::uint64_t> processes;   ///< None: as ours.
  std::optional<Bytes> data;                ///< Of writable private memory, used or not (RLIMIT_DATA). None: as ours.
  Bytes core;                               ///< Of a core file. Zero: none is written.
  /// What we were given before we raised our own (app/open_files.hpp). None: as ours.
  std::optional<rlimit> inherited_open_files;
};

struct ResourceLimit {
  int resource = 0;  ///< RLIMIT_…
  rlimit limit{};
};

/// What is to be set in the child. Pure.
[[nodiscard]] std::vector<ResourceLimit> resource_limits(const WorkerLimits& limits);

/// invalid_argument: more than this process may hand on. The message names the setting.
[[nodiscard]] Result<void> check(const WorkerLimits& limits);

}  // namespace holdfast::workers
