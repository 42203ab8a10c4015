/// Named points at which tests make something fail that fails once in a blue moon. Compiled out of release builds.
///
/// HOLDFAST_FAULT_POINT(name) throws when that point is armed: std::bad_alloc, or for a defect std::logic_error.
/// HOLDFAST_FAULT="name:3" in the environment arms it for its third pass, "name:*" for every pass; tests that run the
/// code in their own process call arm_fault(). Any thread.
#pragma once

#ifdef HOLDFAST_HOOK_POINTS
namespace holdfast {

enum class Fault : unsigned char { none, out_of_memory, defect };

/// From now on every pass of `name`, a literal, fails in that way. Fault::none disarms every point.
void arm_fault(const char* name, Fault fault) noexcept;

namespace detail {
void pass_fault_point(const char* name);
}

}  // namespace holdfast
#define HOLDFAST_FAULT_POINT(name) ::holdfast::detail::pass_fault_point(name)
#else
#define HOLDFAST_FAULT_POINT(name) \
  do {                             \
    static_cast<void>(name);       \
  } while (false)
#endif
