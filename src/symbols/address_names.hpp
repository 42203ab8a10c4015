/// Names of functions in a running process, from the symbol tables of the files that it has mapped.
///
/// The files are those of the process, whatever has become of their paths since: what was replaced is opened through
/// /proc/PID/map_files (which takes privileges) or /proc/PID/exe, or not at all; never another file of the same name.
/// A program's files may be anything, so this runs in a process of its own, with limits (main.cpp).
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/clock.hpp"
#include "symbols/heap_dump.hpp"

namespace holdfast::symbols {

/// By return address. Demangled; an address without a name is in none of the symbol tables, nor in a function's range.
using AddressNames = std::map<std::uint64_t, std::string>;

/// Reads files; may block. Those that hold most come first, and at the deadline what has a name has one.
[[nodiscard]] AddressNames name_addresses(int pid, const HeapDump& dump, const Clock& clock, SteadyTime deadline);

}  // namespace holdfast::symbols
