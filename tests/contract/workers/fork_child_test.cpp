#include "workers/launch.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>

namespace holdfast::workers {
namespace {

std::atomic<int>* told = nullptr;

// As Asio's: it tells the event loop through a pipe, which a child has too until it executes its program.
void tell(int) { ++*told; }

// A stop while a worker starts must not be taken for a second one, which ends the server at once.
TEST(ForkChild, ASignalToAChildThatStartsIsNotTakenForOurs) {
  void* shared = ::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  told = new (shared) std::atomic<int>(0);
  const auto before = std::signal(SIGTERM, tell);
  Launch launch;
  launch.shell_text = "exec sleep 2";
  for (int child = 0; child < 20; ++child) {
    const auto pid = fork_child(launch, {0, 1, 2});
    ASSERT_TRUE(pid);
    ::kill(-*pid, SIGTERM);
    int status = 0;
    ASSERT_EQ(::waitpid(*pid, &status, 0), *pid);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM) << "it came, all the same";
  }
  std::signal(SIGTERM, before);
  EXPECT_EQ(*told, 0);
  ::munmap(shared, sizeof(std::atomic<int>));
}

TEST(ForkChild, AChildHasNoSignalBlockedAndNeitherHaveWe) {
  Launch launch;
  // Blocked and ignored signals, in hexadecimal.
  launch.shell_text =
      "grep -q '^SigBlk:[[:space:]]*0*$' /proc/self/status && grep -q '^SigIgn:[[:space:]]*0*$' /proc/self/status";
  launch.environment = {"PATH=/usr/bin:/bin"};
  std::signal(SIGPIPE, SIG_IGN);
  const auto pid = fork_child(launch, {0, 1, 2});
  std::signal(SIGPIPE, SIG_DFL);
  ASSERT_TRUE(pid);
  int status = 0;
  ASSERT_EQ(::waitpid(*pid, &status, 0), *pid);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  sigset_t blocked;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  EXPECT_EQ(::sigismember(&blocked, SIGTERM), 0);
}

}  // namespace
}  // namespace holdfast::workers
