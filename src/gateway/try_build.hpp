/// The one place that catches: building a response may fail at any byte, and must not take the server, or the way
/// back to the answer, with it. Everywhere else a failed allocation ends the process (CONTRIBUTING.md).
///
/// What is built must be a value: on failure it is gone without a trace, and nothing else may have changed.
#pragma once

#include <expected>
#include <new>
#include <type_traits>

#include "base/fault_point.hpp"

namespace holdfast::gateway {

enum class BuildFailure : unsigned char { out_of_memory, defect };

/// The result of `build`, or why there is none. `name`: of the fault point, for tests.
template <class Build>
[[nodiscard]] std::expected<std::invoke_result_t<Build&>, BuildFailure> try_build(const char* name,
                                                                                  Build build) noexcept {
  try {
    HOLDFAST_FAULT_POINT(name);
    return build();
  } catch (const std::bad_alloc&) {
    return std::unexpected(BuildFailure::out_of_memory);
  } catch (...) {
    return std::unexpected(BuildFailure::defect);
  }
}

}  // namespace holdfast::gateway
