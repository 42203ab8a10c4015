#include "agent/shared_page.hpp"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "agent/own_process.hpp"

namespace holdfast::agent {
namespace {

uint64_t process_word(uint32_t pid, uint64_t start_ticks) { return (start_ticks << 32U) | pid; }

// A process that has ended, or whose number belongs to another one by now, owns nothing.
bool lives(uint64_t process) {
  const auto pid = static_cast<uint32_t>(process);
  if (kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH) return false;
  const uint64_t start = start_ticks_of(pid);
  return start == 0 || process_word(pid, start) == process;
}

}  // namespace

bool SharedPage::map(const char* path) {
  const int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return false;
  struct stat file{};
  void* mapped = MAP_FAILED;
  if (fstat(fd, &file) == 0 && file.st_size == static_cast<off_t>(kPageSize)) {
    mapped = mmap(nullptr, kPageSize, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  }
  close(fd);
  if (mapped == MAP_FAILED) return false;
  base_ = static_cast<unsigned char*>(mapped);
  if (head().magic == kMagic && head().version == kVersion) return true;
  unmap();
  return false;
}

void SharedPage::unmap() {
  if (base_ != nullptr) munmap(base_, kPageSize);
  base_ = nullptr;
}

bool SharedPage::claim() {
  const auto pid = static_cast<uint32_t>(getpid());
  self_ = process_word(pid, start_ticks_of(pid));
  uint64_t found = __atomic_load_n(&owner().process, __ATOMIC_ACQUIRE);
  // Our own number: the program before us in this process, which has called exec().
  if (found != 0 && found != self_ && lives(found)) return false;
  return __atomic_compare_exchange_n(&owner().process, &found, self_, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

bool SharedPage::is_owner() const { return __atomic_load_n(&owner().process, __ATOMIC_ACQUIRE) == self_; }

uint32_t SharedPage::wait_for_command(uint32_t seen, uint32_t milliseconds) const {
  auto& slot = command();
  const timespec patience{static_cast<time_t>(milliseconds / 1000), static_cast<long>(milliseconds % 1000) * 1000000L};
  syscall(SYS_futex, &slot.word, FUTEX_WAIT, seen, &patience, nullptr, 0);
  return __atomic_load_n(&slot.word, __ATOMIC_ACQUIRE);
}

uint32_t SharedPage::taken() const { return __atomic_load_n(&command().taken, __ATOMIC_ACQUIRE); }

bool SharedPage::take(uint32_t command_word) {
  uint32_t before = taken();
  if (before == command_word) return false;
  return __atomic_compare_exchange_n(&command().taken, &before, command_word, false, __ATOMIC_ACQ_REL,
                                     __ATOMIC_RELAXED);
}

bool SharedPage::node_script_runs() const {
  const auto* block = reinterpret_cast<const Block<NodeFigures>*>(base_ + kNodeFiguresAt);
  return __atomic_load_n(&block->contents.pid, __ATOMIC_RELAXED) == static_cast<uint32_t>(self_);
}

template <class T>
void SharedPage::write(size_t at, const T& contents) {
  auto* block = reinterpret_cast<Block<T>*>(base_ + at);
  // A predecessor in this page may have been killed at an odd number.
  const uint32_t writing = __atomic_load_n(&block->sequence, __ATOMIC_RELAXED) | 1U;
  __atomic_store_n(&block->sequence, writing, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_RELEASE);
  const uint32_t next = writing + 1 == 0 ? 2 : writing + 1;
  memcpy(&block->contents, &contents, sizeof contents);
  block->reserved2 = 0;
  block->checksum = checksum_of(next, &block->contents, sizeof contents + sizeof block->reserved2);
  __atomic_store_n(&block->sequence, next, __ATOMIC_RELEASE);
}

template void SharedPage::write(size_t at, const Figures& contents);
template void SharedPage::write(size_t at, const Answer& contents);

}  // namespace holdfast::agent
