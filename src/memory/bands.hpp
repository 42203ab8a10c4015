/// Where the resident bytes of a process are, and so who can give them back. Pure.
///
/// resident = live + allocator-held + runtime-held + outside. A band that nobody told is unknown, which is not zero.
#pragma once

#include <optional>

#include "base/bytes.hpp"

namespace holdfast::memory {

struct Bands {
  Bytes resident;                       ///< RSS: RssAnon + RssFile + RssShmem.
  std::optional<Bytes> live;            ///< Held by the program itself.
  std::optional<Bytes> allocator_held;  ///< Freed by the program, kept by malloc: a purge or a trim may win it.
  std::optional<Bytes> runtime_held;    ///< Kept by the language's own allocator: mostly only a recycle wins it.
  std::optional<Bytes> outside;         ///< Maps, stacks, files.
};

/// What an allocator and a language runtime say of themselves. Each one is told or unknown; a program without a runtime
/// of its own tells zero.
struct BandReport {
  std::optional<Bytes> live;
  std::optional<Bytes> allocator_held;
  std::optional<Bytes> runtime_held;
};

/// `outside` is the rest, where all three are known. Never below zero: they are read one after the other.
[[nodiscard]] Bands make_bands(Bytes resident, const BandReport& report);

/// 1 - live / resident, in [0, 1]. None: live is unknown, or nothing is resident.
[[nodiscard]] std::optional<double> fragmentation(const Bands& bands) noexcept;

/// VMS / RSS, which the original called `fragmentation_ratio`. Reported for comparison: it says how much was reserved,
/// reads 1.02 for a fragmented heap and 36 for an idle Python with 16 threads. None: nothing is resident.
[[nodiscard]] std::optional<double> fragmentation_ratio(Bytes vm_size, Bytes resident) noexcept;

}  // namespace holdfast::memory
