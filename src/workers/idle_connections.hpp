/// Connections to one worker that nobody uses at the moment and that may serve another request.
///
/// Ownership: one for each life of a worker. Runs on: supervisor strand.
/// Invariant: at most kMost, each at most kLongest old. What take() gives was open and silent a moment ago; the worker
/// may close it all the same.
#pragma once

#include <optional>
#include <vector>

#include "workers/worker_socket.hpp"

namespace holdfast::workers {

class IdleConnections {
 public:
  static constexpr std::size_t kMost = 64;
  /// Below the keep-alive time of common servers (gunicorn 2 s, uvicorn and node 5 s), so that we close first: a worker
  /// that closes just as a request is sent leaves it open whether the request was seen.
  static constexpr std::chrono::milliseconds kLongest{1'500};

  /// The one that was used last, if there is one that still lives.
  std::optional<WorkerSocket> take(SteadyTime now);

  void keep(WorkerSocket socket, SteadyTime now);

  /// Closes those that are too old.
  void expire(SteadyTime now);

  void clear() { list_.clear(); }
  [[nodiscard]] std::size_t size() const noexcept { return list_.size(); }

 private:
  struct Kept {
    WorkerSocket socket;
    SteadyTime until;
  };
  std::vector<Kept> list_;  ///< Oldest first.
};

}  // namespace holdfast::workers
