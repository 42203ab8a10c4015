/// What is known about memory, as JSON: for GET /health/memory and the console. Pure, but for what own_bands_json()
/// reads of our own allocator.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "governor/governor_status.hpp"
#include "memory/memory_view.hpp"
#include "workers/pool.hpp"

namespace holdfast::gateway {

/// An array of sentences for people: the level when it is not normal, and what cannot be read.
[[nodiscard]] std::string warnings_json(const memory::MemoryView& view);

/// The level, since when, and why.
[[nodiscard]] std::string level_json(const memory::MemoryView& view, const Clock& clock);

/// The four bands of the server itself; null when they cannot be read.
[[nodiscard]] std::string own_bands_json(const memory::Snapshot& snapshot);

/// An array: what each worker that could be read holds, by bands, and how far it has grown.
[[nodiscard]] std::string worker_memory_json(const memory::Snapshot& snapshot, const workers::PoolStatus& pool,
                                             const governor::GovernorStatus& governor);

}  // namespace holdfast::gateway
