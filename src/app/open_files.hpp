/// Our own limit on open descriptors: raised as far as we may, since each connection takes one or two.
///
/// Workers and a successor get the limit that we were given: programs that use select() break above 1024.
/// Runs on: supervisor strand.
#pragma once

#include <sys/resource.h>

namespace holdfast::app {

/// Raises the soft limit to the hard one. Returns what it was; the first time only, later the same.
rlimit raise_open_files() noexcept;

/// Sets it back, for the program that takes our place.
void restore_open_files() noexcept;

}  // namespace holdfast::app
