/// How a child process is to be when its program starts, and the fork that makes it so.
///
/// Runs on: supervisor strand. Between fork and exec only async-signal-safe calls are made: everything is prepared
/// before.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "workers/account.hpp"
#include "workers/worker_limits.hpp"

namespace holdfast::workers {

/// The descriptor at which a worker of another account finds its agent page: a number that a shell script hardly uses.
inline constexpr int kPageDescriptor = 8;

struct Launch {
  std::string shell_text;                ///< Run by /bin/sh.
  std::vector<std::string> environment;  ///< All of it: "NAME=value".
  std::string directory;                 ///< Working directory. Empty: ours.
  std::optional<Account> account;        ///< None: ours.
  std::vector<ResourceLimit> limits;
  int page = -1;  ///< Left open in the child as kPageDescriptor. -1: none is.
};

/// Descriptors of ours that become 0, 1 and 2 of the child.
struct ChildStreams {
  int input = -1;
  int output = -1;
  int errors = -1;
};

/// Forks. The child dies with us, leads a group of its own, has no descriptor of ours beside the three streams and the
/// page, no blocked or ignored signal, and an oom_score_adj above ours. What keeps it from starting it says on its
/// standard error, and ends with status 125. resource_exhausted: no process can be had.
[[nodiscard]] Result<pid_t> fork_child(const Launch& launch, const ChildStreams& streams);

}  // namespace holdfast::workers
