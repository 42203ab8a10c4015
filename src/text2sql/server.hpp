/// The worker: serves runs on a Unix socket, one after the other (docs/worker-protocol.md).
///
/// Ownership: the socket path is created here and removed at the end. Runs on: the main thread, blocks until told to
/// stop.
#pragma once

#include <chrono>
#include <string>

#include "base/clock.hpp"
#include "text2sql/agent.hpp"
#include "text2sql/shutdown.hpp"

namespace holdfast::text2sql {

struct ServerConfig {
  std::string socket_path;
  /// A request that takes longer to arrive is given up, so that it does not keep the next one waiting.
  std::chrono::milliseconds request_timeout{10'000};
  /// Without Holdfast-Deadline-Ms a run may take this long.
  std::chrono::milliseconds default_deadline{10 * 60'000};
  /// After SIGTERM a run may take this long to finish.
  std::chrono::milliseconds grace{5'000};
};

/// Serves until `shutdown` is requested. failed_precondition: the socket path cannot be used.
Result<void> serve(const ServerConfig& config, Agent& agent, Shutdown& shutdown, const Clock& clock);

}  // namespace holdfast::text2sql
