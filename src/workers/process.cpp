#include "workers/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/file_descriptor.hpp"
#include "base/log.hpp"

namespace holdfast::workers {
namespace {

// Workers die before us when the kernel runs out of memory. Raising is always allowed; lowering ours is not.
constexpr int kOomScoreAbove = 500;
constexpr int kOomScoreMax = 1000;

// After SIGKILL a process ends as soon as its memory is freed (0.1 s a gigabyte); only one that hangs in
// the kernel takes longer, and waiting for that would hang us too.
constexpr std::chrono::seconds kKilledPatience{2};

std::string oom_score_above_ours() {
  std::array<char, 16> text{};
  int ours = 0;
  const FileDescriptor file(::open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC));
  const auto size = file.get() >= 0 ? ::read(file.get(), text.data(), text.size()) : 0;
  if (size > 0) std::from_chars(text.data(), text.data() + size, ours);
  return fmt::to_string(std::min(ours + kOomScoreAbove, kOomScoreMax));
}

/// All that the child needs, made before the fork: after it only async-signal-safe calls are allowed.
struct ChildPlan {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  std::string oom_score;
  pid_t parent = 0;
  int input = -1;
  int output = -1;
};

bool same_name(std::string_view entry, std::string_view other) {
  return entry.substr(0, entry.find('=')) == other.substr(0, other.find('='));
}

void close_on_exec_from(unsigned first) {
#ifdef SYS_close_range
  constexpr unsigned kCloseOnExec = 4;  // CLOSE_RANGE_CLOEXEC
  if (::syscall(SYS_close_range, first, ~0U, kCloseOnExec) == 0) return;
#endif
  // Kernels before 5.11.
  for (int fd = static_cast<int>(first); fd < 4096; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

[[noreturn]] void run_child(const ChildPlan& plan) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before the line above took effect.
  if (::getppid() != plan.parent) ::_exit(125);

  const int score = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (score >= 0) {
    [[maybe_unused]] const auto written = ::write(score, plan.oom_score.data(), plan.oom_score.size());
    ::close(score);
  }
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);

  // Above 2 first: with a standard descriptor closed in us, ours may sit where another has to go.
  const int input = ::fcntl(plan.input, F_DUPFD_CLOEXEC, 3);
  const int output = ::fcntl(plan.output, F_DUPFD_CLOEXEC, 3);
  if (::dup2(input, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0) ::_exit(125);
  close_on_exec_from(3);
  ::execve("/bin/sh", plan.arguments.data(), plan.environment.data());
  ::_exit(126);
}

std::int64_t peak_bytes(const rusage& usage) { return static_cast<std::int64_t>(usage.ru_maxrss) * 1024; }

}  // namespace

Result<std::shared_ptr<Process>> Process::spawn(const asio::any_io_executor& executor, const std::string& shell_text,
                                                const std::string& mark, std::vector<std::string> environment) {
  const FileDescriptor input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (input.get() < 0) return fail_errno(ErrorCode::resource_exhausted, "open /dev/null", errno);
  std::array<int, 2> pipe_fds{};
  if (::pipe2(pipe_fds.data(), O_CLOEXEC) != 0) return fail_errno(ErrorCode::resource_exhausted, "make a pipe", errno);
  FileDescriptor output_read(pipe_fds[0]);
  FileDescriptor output_write(pipe_fds[1]);

  std::array<std::string, 3> words{"/bin/sh", "-c", shell_text};
  environment.push_back("HOLDFAST_WORKER=" + mark);
  ChildPlan plan;
  for (auto& word : words) plan.arguments.push_back(word.data());
  plan.arguments.push_back(nullptr);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const auto replaces = [entry](const std::string& ours) { return same_name(ours, *entry); };
    if (std::ranges::none_of(environment, replaces)) plan.environment.push_back(*entry);
  }
  for (auto& entry : environment) plan.environment.push_back(entry.data());
  plan.environment.push_back(nullptr);
  plan.oom_score = oom_score_above_ours();
  plan.parent = ::getpid();
  plan.input = input.get();
  plan.output = output_write.get();

  const pid_t pid = ::fork();
  if (pid < 0) return fail_errno(ErrorCode::resource_exhausted, "fork", errno);
  if (pid == 0) run_child(plan);
  ::setpgid(pid, pid);  // The child does it too; whoever comes first.

  FileDescriptor exit_signal(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (exit_signal.get() < 0) {
    const int error_number = errno;
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return fail_errno(ErrorCode::resource_exhausted, "pidfd_open", error_number);
  }
  ::fcntl(exit_signal.get(), F_SETFD, FD_CLOEXEC);
  asio::posix::stream_descriptor exit_descriptor(executor, exit_signal.release());
  asio::posix::stream_descriptor output_descriptor(executor, output_read.release());
  // Only our end: a worker that finds its standard output non-blocking would lose lines.
  boost::system::error_code ec;
  output_descriptor.non_blocking(true, ec);
  return std::make_shared<Process>(std::move(exit_descriptor), std::move(output_descriptor), pid);
}

Process::Process(asio::posix::stream_descriptor exit_signal, asio::posix::stream_descriptor output, pid_t pid)
    : exit_signal_(std::move(exit_signal)), output_(std::move(output)), pid_(pid) {}

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
