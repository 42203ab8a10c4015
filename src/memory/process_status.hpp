/// The memory of one process as /proc/PID/status tells it (8 microseconds; smaps_rollup takes milliseconds and holds
/// the process's memory map meanwhile). Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"

namespace holdfast::memory {

struct ProcessStatus {
  int parent = 0;
  Bytes anonymous;  ///< RssAnon: heap and stacks in RAM.
  Bytes file;       ///< RssFile: mapped files. Page cache, which the kernel can take back.
  Bytes shared;     ///< RssShmem: shared memory and tmpfs, which it cannot.
  Bytes vm_size;    ///< VmSize: addresses reserved, mostly never touched.
  Bytes swap;       ///< VmSwap.
  std::uint64_t threads = 0;
};

/// All sizes are zero for a process without memory: a zombie, or a thread of the kernel. It has none to read.
/// data_loss: not a status file, or one of a kernel before 4.5, which does not tell the kinds apart.
[[nodiscard]] Result<ProcessStatus> parse_process_status(std::string_view text);

}  // namespace holdfast::memory
