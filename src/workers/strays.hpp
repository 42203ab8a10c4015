/// Processes that a worker left behind outside its group (daemons of daemons), which the kernel hands to us
/// because the supervisor is a child subreaper.
///
/// The supervisor has no children but workers and what they left; anything else that forked here would have
/// to be told apart from strays. Runs on: supervisor strand.
#pragma once

#include <sys/types.h>

#include <set>
#include <string_view>

namespace holdfast::workers {

/// Makes the calling process the parent of orphans among its descendants.
void adopt_orphans() noexcept;

/// Kills adopted processes whose HOLDFAST_WORKER is `mark`, and reaps adopted ones that have ended, but never
/// one of `workers`. Returns how many it killed, or cannot tell yet: call again until it is none.
int end_strays(std::string_view mark, const std::set<pid_t>& workers);

}  // namespace holdfast::workers
