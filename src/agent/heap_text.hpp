/// What CPython prints about its allocator for small objects. Pure.
#pragma once

#include <stdint.h>

namespace holdfast::agent {

struct HeapText {
  bool known = false;
  uint64_t arenas = 0;
  uint64_t live = 0;
};

/// The lines "N arenas * M bytes/arena = 1,234" and "# bytes in allocated blocks = 1,234".
[[nodiscard]] HeapText parse_heap_text(const char* text);

}  // namespace holdfast::agent
