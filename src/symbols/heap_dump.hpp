/// What jemalloc's profiler has written about a heap ("heap_v2"): where what is held was allocated. Pure.
///
/// The text comes from a worker, so it may be anything: it is read within limits, and what does not look like a line of
/// a dump is passed over.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace holdfast::symbols {

/// Held memory that was allocated at one place.
struct DumpStack {
  std::vector<std::uint64_t> addresses;  ///< Return addresses, innermost first.
  std::int64_t count = 0;                ///< Of blocks; as bytes, what the samples stand for.
  std::int64_t bytes = 0;
};

/// A file in the address space of the process.
struct Mapping {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t offset = 0;  ///< In the file.
  std::string path;          ///< As the kernel says it: " (deleted)" at its end when the file is gone or replaced.
};

struct HeapDump {
  std::vector<DumpStack> stacks;  ///< Most bytes first.
  std::vector<Mapping> mappings;  ///< By address.
  bool truncated = false;         ///< There were more stacks than kMostStacks.
};

/// A longer dump is no honest one: 100 KB are usual.
inline constexpr std::size_t kLargestDump = std::size_t{16} << 20U;
inline constexpr std::size_t kMostStacks = 4000;
/// Of a stack the innermost: jemalloc keeps no more either.
inline constexpr std::size_t kMostAddresses = 128;
inline constexpr std::size_t kMostMappings = 20'000;

/// data_loss: not such a dump.
[[nodiscard]] Result<HeapDump> parse_heap_dump(std::string_view text);

/// The file at an address; null: there is none.
[[nodiscard]] const Mapping* find_mapping(const std::vector<Mapping>& mappings, std::uint64_t address);

/// Where the file of a mapping begins: that mapping of the file before it, or it itself, which has its first byte. It
/// itself where there is none.
[[nodiscard]] const Mapping* first_mapping(const std::vector<Mapping>& mappings, const Mapping& mapping);

}  // namespace holdfast::symbols
