/// What this process itself uses, from /proc/self/statm.
#pragma once

#include "base/bytes.hpp"

namespace holdfast::gateway {

struct OwnMemory {
  Bytes resident;
  Bytes mapped;
};

/// unavailable: /proc cannot be read. Reads one short file of the kernel, which does not block.
[[nodiscard]] Result<OwnMemory> read_own_memory();

}  // namespace holdfast::gateway
