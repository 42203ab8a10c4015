#include "workers/launch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <string.h>  // NOLINT(modernize-deprecated-headers): strerrordesc_np is not in <cstring>.
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <string_view>

#include "base/file_descriptor.hpp"

namespace holdfast::workers {
namespace {

// Workers die before us when the kernel runs out of memory. Raising is always allowed; lowering ours is not.
constexpr int kOomScoreAbove = 500;
constexpr int kOomScoreMax = 1000;

constexpr int kNotStarted = 125;

std::string oom_score_above_ours() {
  std::array<char, 16> text{};
  int ours = 0;
  const FileDescriptor file(::open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC));
  const auto size = file.get() >= 0 ? ::read(file.get(), text.data(), text.size()) : 0;
  if (size > 0) std::from_chars(text.data(), text.data() + size, ours);
  return fmt::to_string(std::min(ours + kOomScoreAbove, kOomScoreMax));
}

/// All that the child needs, made before the fork.
struct ChildPlan {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  std::string oom_score;
  pid_t parent = 0;
  const Launch* launch = nullptr;
  ChildStreams streams;
};

void say(std::string_view text) { [[maybe_unused]] const auto written = ::write(2, text.data(), text.size()); }

[[noreturn]] void cannot(std::string_view what) {
  const int error_number = errno;
  const char* reason = ::strerrordesc_np(error_number);
  say("holdfast: cannot ");
  say(what);
  say(": ");
  say(reason == nullptr ? "unknown error" : reason);
  say("\n");
  ::_exit(kNotStarted);
}

void close_on_exec_from(unsigned first) {
#ifdef SYS_close_range
  constexpr unsigned kCloseOnExec = 4;  // CLOSE_RANGE_CLOEXEC
  if (::syscall(SYS_close_range, first, ~0U, kCloseOnExec) == 0) return;
#endif
  // Kernels before 5.11.
  for (int fd = static_cast<int>(first); fd < 4096; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void die_with_parent(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before the line above took effect.
  if (::getppid() != parent) ::_exit(kNotStarted);
}

void place_descriptors(const ChildPlan& plan) {
  // Above those they go to first: with a standard descriptor closed in us, ours may sit where another has to go.
  constexpr int kAbove = kPageDescriptor + 1;
  const int input = ::fcntl(plan.streams.input, F_DUPFD_CLOEXEC, kAbove);
  const int output = ::fcntl(plan.streams.output, F_DUPFD_CLOEXEC, kAbove);
  const int errors = ::fcntl(plan.streams.errors, F_DUPFD_CLOEXEC, kAbove);
  const int page = plan.launch->page < 0 ? -1 : ::fcntl(plan.launch->page, F_DUPFD_CLOEXEC, kAbove);
  if (::dup2(input, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(errors, 2) < 0) ::_exit(kNotStarted);
  close_on_exec_from(3);
  if (page >= 0 && ::dup2(page, kPageDescriptor) < 0) cannot("hand over the agent page");
}

void become(const Account& account) {
  if (::setgroups(account.groups.size(), account.groups.data()) != 0 ||
      ::setresgid(account.group, account.group, account.group) != 0) {
    cannot("take the groups of worker.user and worker.group");
  }
  if (::setresuid(account.user, account.user, account.user) != 0) cannot("become worker.user");
}

[[noreturn]] void run_child(const ChildPlan& plan) {
  ::setpgid(0, 0);
  die_with_parent(plan.parent);
  const int score = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (score >= 0) {
    [[maybe_unused]] const auto written = ::write(score, plan.oom_score.data(), plan.oom_score.size());
    ::close(score);
  }
  for (int number = 1; number < NSIG; ++number) ::signal(number, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);

  place_descriptors(plan);
  for (const auto& wanted : plan.launch->limits) {
    if (::setrlimit(static_cast<__rlimit_resource_t>(wanted.resource), &wanted.limit) != 0) cannot("set worker.limits");
  }
  if (plan.launch->account) {
    become(*plan.launch->account);
    // The kernel forgets it when the user changes.
    die_with_parent(plan.parent);
  }
  const auto& directory = plan.launch->directory;
  if (!directory.empty() && ::chdir(directory.c_str()) != 0) cannot("enter worker.directory");
  ::execve("/bin/sh", plan.arguments.data(), plan.environment.data());
  cannot("run /bin/sh");
}

}  // namespace

Result<pid_t> fork_child(const Launch& launch, const ChildStreams& streams) {
  std::array<std::string, 3> words{"/bin/sh", "-c", launch.shell_text};
  auto environment = launch.environment;
  ChildPlan plan;
  for (auto& word : words) plan.arguments.push_back(word.data());
  plan.arguments.push_back(nullptr);
  for (auto& entry : environment) plan.environment.push_back(entry.data());
  plan.environment.push_back(nullptr);
  plan.oom_score = oom_score_above_ours();
  plan.parent = ::getpid();
  plan.launch = &launch;
  plan.streams = streams;

  // Our handlers tell our event loop, through a pipe that the child has too: it must take no signal before it has none.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  const int error_number = errno;
  if (pid == 0) run_child(plan);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return fail_errno(ErrorCode::resource_exhausted, "fork", error_number);
  ::setpgid(pid, pid);  // The child does it too; whoever comes first.
  return pid;
}

}  // namespace holdfast::workers
