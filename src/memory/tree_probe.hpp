/// What a process and everything it started keep in memory that the kernel cannot take back.
///
/// Anonymous and shared memory (RssAnon + RssShmem); never mapped files, which are page cache. Processes that end
/// meanwhile count as nothing. Reads a few short files of the kernel (some 10 microseconds a process).
#pragma once

#include <string>

#include "base/bytes.hpp"

namespace holdfast::memory {

/// `proc` is /proc, or a tree like it in tests. unavailable: the root process cannot be read.
[[nodiscard]] Result<Bytes> read_tree_memory(const std::string& proc, int root_pid);

}  // namespace holdfast::memory
