/// Where the files of the agent library are, seen from the program: in `../lib`, as the build and a package lay them,
/// or beside it.
#pragma once

#include <string>

namespace holdfast::app {

/// Empty: it is in neither place.
[[nodiscard]] std::string agent_file(const std::string& name);

}  // namespace holdfast::app
