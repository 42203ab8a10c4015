// What the dynamic linker sees: listen(), and a constructor that looks at the environment once.
//
// In a process that never listens nothing but that look happens: no thread, no page, no descriptor, no memory.
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/agent.hpp"

namespace {

using holdfast::agent::Agent;
using holdfast::agent::kLongestPath;

// Finalizers of the program's objects may run on the thread, so it gets more stack than it needs itself.
constexpr size_t kStack = 2UL * 1024 * 1024;
// The environment as it was at the start: the program may change it from another thread.
char page_path[kLongestPath];
char profile_path[kLongestPath];
int (*next_listen)(int, int);
int started;
Agent agent;

void* run_agent(void*) {
  pthread_setname_np(pthread_self(), "holdfast-agent");
  agent.run();
  return nullptr;
}

// The program's signals are its own threads' business.
void start_thread() {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) return;
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) == 0) {
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, kStack);
    pthread_t thread;
    pthread_create(&thread, &attributes, run_agent, nullptr);
    pthread_attr_destroy(&attributes);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void start_once() {
  if (page_path[0] == '\0' || __atomic_exchange_n(&started, 1, __ATOMIC_ACQ_REL) != 0) return;
  const int error = errno;
  agent.leave_profiles_at(profile_path);
  if (agent.attach(page_path)) {
    start_thread();
  } else {
    // Its owner may be gone when the program listens again.
    __atomic_store_n(&started, 0, __ATOMIC_RELEASE);
  }
  errno = error;
}

// The thread stays with the parent. A child that listens itself may ask for the page, and gets it when the parent has
// not.
void after_fork_in_child() { started = 0; }

__attribute__((constructor)) void look_at_environment() {
  next_listen = reinterpret_cast<int (*)(int, int)>(dlsym(RTLD_NEXT, "listen"));
  const char* path = getenv(holdfast::agent::kPageVariable);
  if (path == nullptr || strlen(path) >= kLongestPath) return;
  strcpy(page_path, path);
  const char* profile = getenv(holdfast::agent::kProfileVariable);
  if (profile != nullptr && strlen(profile) < kLongestPath) strcpy(profile_path, profile);
  pthread_atfork(nullptr, nullptr, after_fork_in_child);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) int listen(int fd, int backlog) noexcept {
  const int result =
      next_listen != nullptr ? next_listen(fd, backlog) : static_cast<int>(syscall(SYS_listen, fd, backlog));
  if (result == 0) start_once();
  return result;
}
