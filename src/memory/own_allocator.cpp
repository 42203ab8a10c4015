#include "memory/own_allocator.hpp"

#include <malloc.h>

#include <cstddef>

// Absent where a sanitizer brings its own allocator.
extern "C" __attribute__((weak)) int mallctl(const char* name, void* old_value, std::size_t* old_size, void* new_value,
                                             std::size_t new_size);

namespace holdfast::memory {

std::string_view purge_own_allocator() noexcept {
  if (mallctl != nullptr) {
    // 4096 is MALLCTL_ARENAS_ALL of jemalloc 5.
    const bool purged = mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0) == 0;
    return purged ? "jemalloc" : "none";
  }
  ::malloc_trim(0);
  return "glibc";
}

}  // namespace holdfast::memory
