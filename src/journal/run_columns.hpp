/// The columns of `runs` in the order in which every store reads them.
#pragma once

#include <string_view>

namespace holdfast::journal {

inline constexpr std::string_view kRunColumns =
    "id, status, attempt, crashes, last_seq, created_at, started_at, finished_at, delivered_at, owner, thread_id, "
    "route, traceparent, usage, error, prompt, request, result, retired_at, available_at, lease_owner";

/// The columns after those of a run begin here.
inline constexpr int kRunColumnCount = 21;

}  // namespace holdfast::journal
