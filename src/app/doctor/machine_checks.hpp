/// Looks at a configuration and the machine it is for, before a server is started there or beside one that runs.
///
/// Changes nothing: a file is written in the data directory and removed again, and a socket opened and closed. Blocks
/// for a second or two; longer where a database does not answer.
#pragma once

#include "app/doctor/finding.hpp"
#include "app/settings.hpp"

namespace holdfast::app {

[[nodiscard]] Findings check_machine(const LoadedSettings& loaded);

// The single looks (machine_checks.cpp, storage_checks.cpp, memory_checks.cpp).
[[nodiscard]] Finding check_address(const Settings& settings);
[[nodiscard]] Finding check_login(const Settings& settings);
[[nodiscard]] Finding check_worker(const Settings& settings);
[[nodiscard]] Finding check_agent(const Settings& settings);
[[nodiscard]] Finding check_descriptors();

/// What kind of disk the data directory is on, how full, and how long it takes to make something durable.
[[nodiscard]] Findings check_storage(const Settings& settings);
[[nodiscard]] Finding check_database(const Settings& settings);

/// Which limit counts, how near it is, and what the kernel does when it is reached.
[[nodiscard]] Findings check_memory(const Settings& settings);

}  // namespace holdfast::app
