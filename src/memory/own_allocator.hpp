/// Gives free memory of our own allocator back to the kernel: jemalloc where it is linked in, else glibc. Any thread.
#pragma once

#include <string_view>

namespace holdfast::memory {

/// Takes milliseconds. Returns the allocator's name, for the log.
std::string_view purge_own_allocator() noexcept;

}  // namespace holdfast::memory
