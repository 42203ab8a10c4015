/// A heap profile in the format of pprof: profile.proto of github.com/google/pprof, not compressed, which its tools
/// read too. Pure.
#pragma once

#include <string>

#include "app/profile/heap_profile.hpp"

namespace holdfast::app {

[[nodiscard]] std::string to_pprof(const HeapProfile& profile);

}  // namespace holdfast::app
