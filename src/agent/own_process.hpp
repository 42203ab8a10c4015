/// What the kernel says of this process. Allocates nothing; descriptors are closed before it returns, so a program that
/// closes all of them meets none of ours.
#pragma once

#include <stdint.h>

namespace holdfast::agent {

struct ResidentMemory {
  uint64_t resident = 0;
  uint64_t shared = 0;
};

/// Zeros when /proc cannot be read.
[[nodiscard]] ResidentMemory resident_memory();

/// When a process was started, in clock ticks since boot. 0: cannot be read.
[[nodiscard]] uint64_t start_ticks_of(uint32_t pid);

/// Nanoseconds of CLOCK_MONOTONIC.
[[nodiscard]] uint64_t now_ns();
/// Processor time of the calling thread: what a reading costs, also where others keep the processor from it.
[[nodiscard]] uint64_t own_busy_ns();
/// Processor time of all threads but the calling one.
[[nodiscard]] uint64_t busy_ns();

}  // namespace holdfast::agent
