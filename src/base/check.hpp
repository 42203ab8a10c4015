/// HOLDFAST_CHECK(condition, why): an invariant of ours, checked in release builds too. A broken one
/// ends the process, which restarts fast and recovers from the journal. Never for input from outside.
#pragma once

#include <cstdio>
#include <cstdlib>

#define HOLDFAST_CHECK(condition, why)                                                              \
  do {                                                                                              \
    if (!(condition)) [[unlikely]] {                                                                \
      std::fprintf(stderr, "holdfast: broken invariant: %s (%s, %s)\n", why, #condition, __func__); \
      std::abort();                                                                                 \
    }                                                                                               \
  } while (false)
