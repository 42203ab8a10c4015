#define _GNU_SOURCE
#include "habits.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { kMb = 1 << 20, kPage = 4096 };
static const double kPieceMb = 2;
static const double kSpikeMbPerSecond = 200;

static size_t bytes(double megabytes) { return megabytes > 0 ? (size_t)(megabytes * (double)kMb) : 0; }

// Memory is taken in pieces, chained by their first bytes, so that a rate can be kept and all of it can be given back.
struct piece {
  struct piece* next;
  size_t size;
};

static double now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

void sleep_ms(double milliseconds) {
  if (milliseconds <= 0) return;
  const struct timespec time = {(time_t)(milliseconds / 1e3),
                                (long)((milliseconds - 1e3 * (double)(long)(milliseconds / 1e3)) * 1e6)};
  nanosleep(&time, NULL);
}

static struct piece* take(double megabytes, double rate) {
  struct piece* taken = NULL;
  const double begun = now_ms();
  double done = 0;
  while (done < megabytes) {
    const double part = megabytes - done < kPieceMb ? megabytes - done : kPieceMb;
    const size_t wanted = bytes(part);
    const size_t size = wanted < sizeof(struct piece) ? sizeof(struct piece) : wanted;
    char* memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) abort();
    // Four thousand small faults take seconds on some virtual machines.
    madvise(memory, size, MADV_HUGEPAGE);
    for (size_t at = 0; at < size; at += kPage) memory[at] = 1;
    struct piece* piece = (struct piece*)memory;
    *piece = (struct piece){taken, size};
    taken = piece;
    done += part;
    // Sleeping for less is not exact, and the next piece makes up for it.
    const double ahead = rate > 0 ? begun + done / rate * 1e3 - now_ms() : 0;
    if (ahead > 1) sleep_ms(ahead);
  }
  return taken;
}

static void give_back(struct piece* pieces) {
  while (pieces != NULL) {
    struct piece* next = pieces->next;
    munmap(pieces, pieces->size);
    pieces = next;
  }
}

// Hardly a page is empty afterwards, and malloc() keeps them all.
static void fragment(double megabytes) {
  const size_t count = bytes(megabytes) / 300;
  char** made = calloc(count + 1, sizeof *made);
  if (made == NULL) abort();
  unsigned random = 1;
  for (size_t i = 0; i < count; ++i) {
    const size_t size = 32 + (size_t)rand_r(&random) % 448;
    made[i] = malloc(size);
    if (made[i] != NULL) memset(made[i], 1, size);
  }
  for (size_t i = 0; i < count; ++i) {
    if (rand_r(&random) % 10 != 0) free(made[i]);
  }
  free(made);
}

// A function of its own in a heap profile.
__attribute__((noinline)) static void leak_native(double megabytes) {
  const size_t size = bytes(megabytes);
  static char* volatile kept;  // Written, so that the compiler does not leave the memory out.
  if (size == 0) return;
  kept = malloc(size);
  if (kept != NULL) memset(kept, 1, size);
}

static void* wait_for_ever(void* nothing) {
  for (;;) pause();
  return nothing;
}

static void leave_thread(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, wait_for_ever, NULL) == 0) pthread_detach(thread);
}

_Noreturn void hold_for_ever(double megabytes) {
  signal(SIGTERM, SIG_IGN);
  keep_mb(megabytes);
  puts("held");
  fflush(stdout);
  for (;;) pause();
}

static void leave_grandchild(double megabytes) {
  if (megabytes <= 0) return;
  char amount[32];
  snprintf(amount, sizeof amount, "%f", megabytes);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) abort();
  if (fork() == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execl("/proc/self/exe", "leaky_worker", "--only-hold-mb", amount, (char*)NULL);
    _exit(127);
  }
  close(ends[1]);
  char word[8];
  if (read(ends[0], word, sizeof word) <= 0) abort();
  close(ends[0]);
}

// The file has no name and goes with us; its pages stay in the cache meanwhile.
static void write_and_read_file(double megabytes, const char* directory) {
  if (megabytes <= 0) return;
  const int file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  char* part = calloc(1, kMb);
  if (file < 0 || part == NULL) abort();
  for (long i = 0; i < (long)megabytes; ++i) {
    if (write(file, part, kMb) != kMb) abort();
  }
  lseek(file, 0, SEEK_SET);
  while (read(file, part, kMb) > 0) continue;
  free(part);
}

void keep_mb(double megabytes) {
  const struct piece* volatile kept = take(megabytes, 0);
  (void)kept;
}

void misbehave(const struct habits* habits, const char* page_cache_dir) {
  take(habits->retain_mb, habits->alloc_mb_s);
  struct piece* passing = take(habits->alloc_mb - habits->retain_mb, habits->alloc_mb_s);
  fragment(habits->fragment_mb);
  leak_native(habits->native_leak_mb);
  for (int i = 0; i < (int)habits->thread_leak; ++i) leave_thread();
  leave_grandchild(habits->grandchild_mb);
  write_and_read_file(habits->page_cache_mb, page_cache_dir);
  struct piece* spike = take(habits->spike_mb, kSpikeMbPerSecond);
  sleep_ms(habits->hold_ms);
  give_back(spike);
  give_back(passing);
}
