// A worker that knows nothing of the library. agent_native_host MODE; says "ready" and waits to be killed.
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t kHeap = 100UL << 20U;

// An address of the abstract kind, which the kernel chooses.
int listen_somewhere() {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t));
  if (::listen(fd, 8) != 0) std::abort();
  return fd;
}

void say(const char* text) {
  std::puts(text);
  std::fflush(stdout);
}

[[noreturn]] void wait_for_ever() {
  while (true) ::pause();
}

std::vector<void*> fragment() {
  std::mt19937 random(3);
  std::vector<void*> blocks;
  for (std::size_t sum = 0; sum < kHeap;) {
    const std::size_t size = 16 + random() % 16'000;
    blocks.push_back(std::malloc(size));
    std::memset(blocks.back(), 1, size);
    sum += size;
  }
  std::vector<void*> kept;
  for (void* block : blocks) {
    if (random() % 10 == 0) {
      kept.push_back(block);
    } else {
      std::free(block);
    }
  }
  return kept;
}

std::vector<void*> leaked;

// What a profile is to name. Inlined they would be named as their caller.
[[gnu::noinline]] void keep_rows(std::size_t megabytes) {
  for (std::size_t i = 0; i < megabytes * 256; ++i) {
    leaked.push_back(std::malloc(4096));
    std::memset(leaked.back(), 1, 4096);
  }
}

[[gnu::noinline]] void keep_index(std::size_t megabytes) {
  for (std::size_t i = 0; i < megabytes * 4096; ++i) leaked.push_back(::operator new(256));
}

void churn() {
  std::mt19937 random(static_cast<unsigned>(::getpid()));
  std::vector<void*> held(16);
  while (true) {
    for (auto& block : held) {
      std::free(block);
      block = std::malloc(16 + random() % 4000);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

[[noreturn]] void run(std::string_view mode) {
  if (mode == "fragmented") {
    static auto kept = fragment();
    listen_somewhere();
  } else if (mode == "leaks") {
    keep_rows(64);
    keep_index(32);
    listen_somewhere();
  } else if (mode == "threads") {
    listen_somewhere();
    for (int i = 0; i < 1000; ++i) std::thread(churn).detach();
  } else if (mode == "fork") {
    // The parent publishes; the child has its memory and not its thread.
    listen_somewhere();
    if (::fork() == 0) {
      listen_somewhere();
      std::this_thread::sleep_for(std::chrono::milliseconds(600));
      ::_exit(0);
    }
  } else if (mode == "forks") {
    listen_somewhere();
    for (int i = 0; i < 300; ++i) {
      const pid_t child = ::fork();
      if (child == 0) {
        std::free(std::malloc(100'000));
        ::_exit(0);
      }
      int status = 0;
      ::waitpid(child, &status, 0);
      if (status != 0) std::abort();
    }
  } else if (mode == "close") {
    listen_somewhere();
    say("listening");
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    for (int fd = 3; fd < 1024; ++fd) ::close(fd);
  } else if (mode == "exec") {
    listen_somewhere();
    ::execl("/proc/self/exe", "agent_native_host", "fragmented", nullptr);
  }
  say("ready");
  wait_for_ever();
}

}  // namespace

int main(int argc, char** argv) { run(argc > 1 ? argv[1] : "idle"); }
