#include "workers/process.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <thread>

#include "base/clock.hpp"
#include "base/file_descriptor.hpp"
#include "base/log.hpp"

namespace holdfast::workers {
namespace {

// After SIGKILL a process ends as soon as its memory is freed (0.1 s a gigabyte); only one that hangs in
// the kernel takes longer, and waiting for that would hang us too.
constexpr std::chrono::seconds kKilledPatience{2};

struct Pipe {
  FileDescriptor read;
  FileDescriptor write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno(ErrorCode::resource_exhausted, "make a pipe", errno);
  return Pipe{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

// Only our end is non-blocking: a worker that finds its standard output so would lose lines.
asio::posix::stream_descriptor readable(const asio::any_io_executor& executor, FileDescriptor read_end) {
  asio::posix::stream_descriptor descriptor(executor, read_end.release());
  boost::system::error_code ec;
  descriptor.non_blocking(true, ec);
  return descriptor;
}

std::int64_t peak_bytes(const rusage& usage) { return static_cast<std::int64_t>(usage.ru_maxrss) * 1024; }

}  // namespace

Result<std::shared_ptr<Process>> Process::spawn(const asio::any_io_executor& executor, const Launch& launch) {
  const FileDescriptor input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (input.get() < 0) return fail_errno(ErrorCode::resource_exhausted, "open /dev/null", errno);
  auto output = make_pipe();
  if (!output) return std::unexpected(output.error());
  auto errors = make_pipe();
  if (!errors) return std::unexpected(errors.error());

  const auto forked = fork_child(launch, {input.get(), output->write.get(), errors->write.get()});
  if (!forked) return std::unexpected(forked.error());
  const pid_t pid = *forked;

  FileDescriptor exit_signal(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (exit_signal.get() < 0) {
    const int error_number = errno;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return fail_errno(ErrorCode::resource_exhausted, "pidfd_open", error_number);
  }
  ::fcntl(exit_signal.get(), F_SETFD, FD_CLOEXEC);
  asio::posix::stream_descriptor exit_descriptor(executor, exit_signal.release());
  return std::make_shared<Process>(std::move(exit_descriptor), readable(executor, std::move(output->read)),
                                   readable(executor, std::move(errors->read)), pid);
}

Process::Process(asio::posix::stream_descriptor exit_signal, asio::posix::stream_descriptor output,
                 asio::posix::stream_descriptor errors, pid_t pid)
    : exit_signal_(std::move(exit_signal)), outputs_{std::move(output), std::move(errors)}, pid_(pid) {}

Process::~Process() {
  if (!exited_) reap_leader();
  const auto patience = system_clock().steady() + kKilledPatience;
  while (!reap_group() && system_clock().steady() < patience) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

void Process::signal_group(int number) noexcept {
  if (!exited_) ::kill(-pid_, number);
}

void Process::signal(int number) const noexcept {
  if (!exited_) ::kill(pid_, number);
}

awaitable<WorkerExit> Process::wait_exit() {
  while (!exited_) {
    // Readiness is a hint: an event meant for a closed descriptor of the same number wakes us too.
    auto [ec] = co_await exit_signal_.async_wait(asio::posix::stream_descriptor::wait_read, kAwait);
    if (!exited_ && (ec || leader_has_ended())) exited_ = reap_leader();
  }
  co_return *exited_;
}

bool Process::leader_has_ended() const noexcept {
  siginfo_t found{};
  const int looked = ::waitid(P_PID, static_cast<id_t>(pid_), &found, WEXITED | WNOHANG | WNOWAIT);
  return looked < 0 || found.si_pid == pid_;
}

WorkerExit Process::kill_now() {
  if (!exited_) exited_ = reap_leader();
  boost::system::error_code ignored;
  exit_signal_.close(ignored);
  return *exited_;
}

WorkerExit Process::reap_leader() {
  ::kill(-pid_, SIGKILL);
  int status = 0;
  rusage usage{};
  pid_t reaped = 0;
  const auto patience = system_clock().steady() + kKilledPatience;
  while ((reaped = ::wait4(pid_, &status, WNOHANG, &usage)) == 0 || (reaped < 0 && errno == EINTR)) {
    if (system_clock().steady() >= patience) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  WorkerExit exited;
  exited.pid = pid_;
  if (reaped == pid_) {
    exited.peak_rss_bytes = peak_bytes(usage);
    if (WIFEXITED(status)) exited.status = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) exited.signal = WTERMSIG(status);
  } else {
    log::error("workers.not_reaped", {{"pid", pid_}, {"waited_s", kKilledPatience.count()}});
  }
  exited_ = exited;
  return exited;
}

bool Process::reap_group() noexcept {
  if (!exited_) return false;
  while (true) {
    const pid_t reaped = ::waitpid(-pid_, nullptr, WNOHANG);
    if (reaped > 0 || (reaped < 0 && errno == EINTR)) continue;
    return reaped < 0;
  }
}

}  // namespace holdfast::workers
