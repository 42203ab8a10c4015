#include "workers/worker_limits.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace holdfast::workers {
namespace {

rlimit both(std::uint64_t most) { return {.rlim_cur = most, .rlim_max = most}; }

std::string_view setting_of(int resource) {
  switch (resource) {
    case RLIMIT_NOFILE: return "worker.limits.open_files";
    case RLIMIT_NPROC: return "worker.limits.processes";
    case RLIMIT_DATA: return "worker.limits.data";
    default: return "worker.limits.core";
  }
}

}  // namespace

std::vector<ResourceLimit> resource_limits(const WorkerLimits& limits) {
  std::vector<ResourceLimit> all{{RLIMIT_CORE, both(limits.core.count())}};
  if (limits.open_files) {
    all.push_back({RLIMIT_NOFILE, both(*limits.open_files)});
  } else if (limits.inherited_open_files) {
    all.push_back({RLIMIT_NOFILE, *limits.inherited_open_files});
  }
  if (limits.processes) all.push_back({RLIMIT_NPROC, both(*limits.processes)});
  if (limits.data) all.push_back({RLIMIT_DATA, both(limits.data->count())});
  return all;
}

Result<void> check(const WorkerLimits& limits) {
  for (const auto& wanted : resource_limits(limits)) {
    rlimit ours{};
    if (::getrlimit(static_cast<__rlimit_resource_t>(wanted.resource), &ours) != 0) continue;
    // Root may raise a limit, unless its container took that away: then the worker says so when it starts.
    if (::geteuid() == 0 || wanted.limit.rlim_max <= ours.rlim_max) continue;
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} is {}, and this user may hand on {} at most: lower it, or raise the hard limit (ulimit "
                            "-H) that Holdfast is started with",
                            setting_of(wanted.resource), wanted.limit.rlim_max, ours.rlim_max));
  }
  return {};
}

}  // namespace holdfast::workers
