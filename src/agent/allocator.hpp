/// The C allocator of this process, whichever it is: what it holds, and giving that back.
///
/// Symbols are looked up when it is made: a program may bring its own allocator, and an old C library lacks mallinfo2.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "agent/page_layout.hpp"

namespace holdfast::agent {

struct MallocFigures {
  bool known = false;
  uint64_t live = 0;
  uint64_t free = 0;
};

class HostAllocator {
 public:
  void find();

  [[nodiscard]] Allocator kind() const { return kind_; }

  /// Walks the free lists under the arenas' locks: milliseconds for a large heap in pieces.
  [[nodiscard]] MallocFigures read() const;

  /// False: it has no way to. Tens of milliseconds for a large heap.
  [[nodiscard]] bool trim() const;

  /// Leaves where the memory was allocated in the file `path`, as jemalloc's profiler writes it. kUnsupported: nothing
  /// has recorded it, which must begin with the program (MALLOC_CONF=prof:true). About a millisecond.
  [[nodiscard]] Status profile(const char* path) const;

 private:
  using Mallctl = int (*)(const char*, void*, size_t*, void*, size_t);

  Allocator kind_ = kOtherAllocator;
  void* mallinfo2_ = nullptr;
  Mallctl mallctl_ = nullptr;
};

}  // namespace holdfast::agent
