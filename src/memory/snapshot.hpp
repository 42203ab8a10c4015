/// All that is known about memory at one instant. Taken once a tick and handed to everybody: nobody else reads the
/// kernel.
///
/// A value; any thread. Units: Bytes; shares in [0, 1].
/// Invariant: every reading that failed is an error here, never zero; what does not exist is an empty optional.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "memory/process_tree.hpp"
#include "memory/stall.hpp"

namespace holdfast::memory {

/// Whose limit is the nearest.
enum class LimitSource : unsigned char {
  setting,  ///< The operator's.
  cgroup,   ///< That of our group or one above it.
  machine,  ///< The RAM there is.
};

[[nodiscard]] std::string_view to_string(LimitSource source) noexcept;

/// Use and the limit that it counts against. Each limit is judged by what it limits: a cgroup's by all that is charged
/// to that group, be it ours or not; the setting and the machine's RAM by our process tree. Of several, the one nearest
/// to being reached is told.
struct Usage {
  Bytes used;
  Bytes limit;  ///< Never zero.
  LimitSource source = LimitSource::machine;
  std::string group;  ///< Directory of the cgroup that carries the limit. Empty for the other sources.
};

struct Snapshot {
  SteadyTime at;
  Result<Usage> usage;
  Result<Bytes> tree;                         ///< RssAnon + RssShmem of our process and all below it.
  Result<ProcessStatus> own;                  ///< Our own process alone.
  std::vector<Result<WorkerMemory>> workers;  ///< In the order asked for. not_found: that worker has ended.
  Result<std::optional<Bytes>> working_set;   ///< Of the cgroup `usage` speaks of, else our own group. For information.
  Result<std::optional<Stall>> stall;         ///< None: the kernel has no pressure files.
  Result<std::optional<std::uint64_t>> oom_kills;  ///< None: no cgroup, or a kernel that does not count.
};

/// Of our process and its workers together, mapped files included, as the original counted.
struct TreeSizes {
  Bytes virtual_size;
  Bytes resident;
};

/// None: one of them could not be read. A worker that has ended counts for nothing.
[[nodiscard]] std::optional<TreeSizes> sizes_of(const Snapshot& snapshot);

}  // namespace holdfast::memory
