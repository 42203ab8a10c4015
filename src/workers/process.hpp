/// One child process in a process group of its own: started, signalled, and reaped with its evidence.
///
/// Ownership: whoever holds it; destroying one that has not ended kills the group and reaps it.
/// Runs on: supervisor strand, on a thread that lives as long as the program: PR_SET_PDEATHSIG follows
/// the thread that forked.
/// Invariants:
///   - The child dies with us, belongs to its own group, has no descriptor of ours but 0, 1 and 2, no
///     blocked or ignored signal, and an oom_score_adj above ours.
///   - The group is killed while its leader is still a zombie, so the group's number cannot belong to somebody else.
#pragma once

#include <sys/types.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "workers/worker_exit.hpp"

namespace holdfast::workers {

class Process {
 public:
  /// Runs `shell_text` by /bin/sh. `mark` becomes HOLDFAST_WORKER in its environment; the sweep for strays
  /// knows our own by it. resource_exhausted: no process or descriptor can be had.
  /// `environment`: entries "NAME=value" that stand for ours of the same names.
  static Result<std::shared_ptr<Process>> spawn(const asio::any_io_executor& executor, const std::string& shell_text,
                                                const std::string& mark, std::vector<std::string> environment = {});

  Process(asio::posix::stream_descriptor exit_signal, asio::posix::stream_descriptor output, pid_t pid);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

  /// Standard output and standard error, in one pipe. Non-blocking.
  [[nodiscard]] asio::posix::stream_descriptor& output() noexcept { return output_; }

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
  asio::posix::stream_descriptor output_;
  pid_t pid_;
  std::optional<WorkerExit> exited_;
};

}  // namespace holdfast::workers
