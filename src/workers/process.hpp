/// One child process in a process group of its own: started, signalled, and reaped with its evidence.
///
/// Ownership: whoever holds it; destroying one that has not ended kills the group and reaps it.
/// Runs on: supervisor strand, on a thread that lives as long as the program: PR_SET_PDEATHSIG follows
/// the thread that forked.
/// Invariants:
///   - The child is as fork_child() makes it (workers/launch.hpp).
///   - The group is killed while its leader is still a zombie, so the group's number cannot belong to somebody else.
#pragma once

#include <sys/types.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <optional>

#include "base/async.hpp"
#include "workers/launch.hpp"
#include "workers/output_lines.hpp"
#include "workers/worker_exit.hpp"

namespace holdfast::workers {

class Process {
 public:
  /// resource_exhausted: no process or descriptor can be had.
  static Result<std::shared_ptr<Process>> spawn(const asio::any_io_executor& executor, const Launch& launch);

  Process(asio::posix::stream_descriptor exit_signal, asio::posix::stream_descriptor output,
          asio::posix::stream_descriptor errors, pid_t pid);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  /// What it prints. Non-blocking.
  [[nodiscard]] asio::posix::stream_descriptor& output(OutputStream stream) noexcept {
    return outputs_[static_cast<std::size_t>(stream)];
  }

  /// To every process of the group. Nothing happens once the leader is reaped.
  void signal_group(int number) noexcept;

  /// To the leader alone.
  void signal(int number) const noexcept;

  /// Waits for the leader to end, kills what is left of its group and reaps the leader. Await once.
  awaitable<WorkerExit> wait_exit();

  /// Kills the group and reaps its leader without the event loop.
  WorkerExit kill_now();

  /// Reaps members of the group that outlived their leader and were handed to us. True when none is left.
  bool reap_group() noexcept;

 private:
  [[nodiscard]] bool leader_has_ended() const noexcept;

  /// The leader has ended or is about to: waits for it without the event loop when it has to.
  WorkerExit reap_leader();

  asio::posix::stream_descriptor exit_signal_;  ///< A pidfd: readable when the process has ended.
  std::array<asio::posix::stream_descriptor, kOutputStreams.size()> outputs_;
  pid_t pid_;
  std::optional<WorkerExit> exited_;
};

}  // namespace holdfast::workers
