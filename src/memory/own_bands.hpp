/// The bands of our own process, as jemalloc tells them. Any thread; some 10 microseconds.
#pragma once

#include <cstddef>

#include "memory/bands.hpp"
#include "memory/process_status.hpp"

namespace holdfast::memory {

/// jemalloc's `mallctl`.
using Mallctl = int (*)(const char* name, void* old_value, std::size_t* old_size, void* new_value,
                        std::size_t new_size);

/// not_found: `mallctl` is null, no jemalloc is linked in (sanitizers bring their own allocator).
/// unavailable: it has no statistics.
[[nodiscard]] Result<BandReport> read_allocator(Mallctl mallctl);

/// Of this process: its status beside what its allocator says. All bands are unknown without jemalloc.
[[nodiscard]] Result<Bands> read_own_bands(const ProcessStatus& own);

}  // namespace holdfast::memory
