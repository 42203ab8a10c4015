/// The heap profile of a worker without a language runtime: what jemalloc has recorded in it, with names.
#pragma once

#include <optional>
#include <string>

#include "base/async.hpp"
#include "memory/agent_page.hpp"
#include "workers/account.hpp"

namespace holdfast::app {

/// The dump that a worker has left, and who it is.
struct NativeDump {
  int pid = 0;
  std::string path;
  std::optional<workers::Account> account;  ///< None: the worker runs as we do.
};

/// Has the dump replaced by a heap profile: by the program holdfast-symbols, as the worker's user, because it reads the
/// worker's files. Whoever reads the file afterwards finds out how far that came. Ends within seconds.
/// Runs on: supervisor strand. not_found: the program is not beside this one; resource_exhausted; unavailable: it has
/// failed.
awaitable<Result<void>> name_stacks(NativeDump dump);

/// Why a worker whose agent could take no heap profile has none, and which setting gives one. Pure. `sampling`: whether
/// allocations are recorded where that is possible.
[[nodiscard]] std::string why_no_profile(const memory::AgentFigures& figures, bool sampling);

}  // namespace holdfast::app
