#include "agent/own_process.hpp"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

namespace holdfast::agent {
namespace {

// The number of bytes read; the text ends in a zero.
size_t read_text(const char* path, char* text, size_t size) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t got = read(fd, text, size - 1);
  close(fd);
  const size_t length = got > 0 ? static_cast<size_t>(got) : 0;
  text[length] = '\0';
  return length;
}

uint64_t ns_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1000000000ULL + static_cast<uint64_t>(time.tv_nsec);
}

char* put_number(char* to, uint32_t number) {
  char digits[10];
  size_t count = 0;
  do {
    digits[count++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  while (count > 0) *to++ = digits[--count];
  return to;
}

}  // namespace

ResidentMemory resident_memory() {
  char text[128];
  if (read_text("/proc/self/statm", text, sizeof text) == 0) return {};
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  char* at = text;
  strtoull(at, &at, 10);
  const uint64_t resident = strtoull(at, &at, 10);
  const uint64_t shared = strtoull(at, &at, 10);
  return {resident * page, shared * page};
}

uint64_t start_ticks_of(uint32_t pid) {
  char path[32] = "/proc/";
  memcpy(put_number(path + 6, pid), "/stat", 6);
  char text[1024];
  if (read_text(path, text, sizeof text) == 0) return 0;
  // The name in brackets may hold anything; after it comes field 3, and the start is field 22.
  const char* at = strrchr(text, ')');
  for (int field = 2; at != nullptr && field < 22; ++field) at = strchr(at + 1, ' ');
  return at != nullptr ? strtoull(at, nullptr, 10) : 0;
}

uint64_t now_ns() { return ns_of(CLOCK_MONOTONIC); }

uint64_t own_busy_ns() { return ns_of(CLOCK_THREAD_CPUTIME_ID); }

uint64_t busy_ns() {
  const uint64_t all = ns_of(CLOCK_PROCESS_CPUTIME_ID);
  const uint64_t own = own_busy_ns();
  return all > own ? all - own : 0;
}

}  // namespace holdfast::agent
