/// A place at a ready worker for one request that is passed through to it. It reserves nothing: the worker may serve a
/// run and other requests at the same time.
///
/// Ownership: borrows the worker's process. One that is to be replaced waits for the end of its passages, at most for
/// the grace period. Runs on: supervisor strand.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "workers/worker_socket.hpp"

namespace holdfast::workers {

class WorkerLife;

class Passage {
 public:
  explicit Passage(std::shared_ptr<WorkerLife> life);
  Passage(Passage&& other) noexcept = default;
  Passage& operator=(Passage&&) = delete;
  ~Passage();

  /// "worker 3 (pid 4711)", with how it ended if it has.
  [[nodiscard]] std::string describe() const;

  /// An open connection from an earlier request, if there is one.
  [[nodiscard]] std::optional<WorkerSocket> reuse();

  /// Connects `socket`, which must live until this ends. Errors as connect_worker().
  awaitable<Result<void>> connect(WorkerSocket* socket);

  /// Takes back a connection over which another request may be sent.
  void keep(WorkerSocket socket);

 private:
  std::shared_ptr<WorkerLife> life_;
};

}  // namespace holdfast::workers
