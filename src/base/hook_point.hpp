/// Named points at which chaos tests kill the process. Compiled out of release builds.
///
/// With HOLDFAST_HOOK="name:3" in the environment, the third time any thread passes
/// HOLDFAST_HOOK_POINT("name") the process sends itself SIGKILL: no destructor, no flush, as in an
/// OOM kill. With "name:3:stop" it is SIGSTOP: the process stands still there until somebody sends SIGCONT.
#pragma once

#ifdef HOLDFAST_HOOK_POINTS
namespace holdfast::detail {
void pass_hook_point(const char* name) noexcept;
}
#define HOLDFAST_HOOK_POINT(name) ::holdfast::detail::pass_hook_point(name)
#else
#define HOLDFAST_HOOK_POINT(name) \
  do {                            \
  } while (false)
#endif
