// Preloaded into a twin of a worker, outside Holdfast: what the allocator gives back when it is told to. Waits for a
// byte in the FIFO that GIVE_BACK names, has the allocator give back what it can, and writes into GIVE_BACK.out, in
// bytes: resident before, resident after, and of before what the allocator says of itself (jemalloc: allocated, active,
// resident; glibc: in use, free, the free end of the main heap).
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int (*mallctl_function)(const char*, void*, size_t*, void*, size_t);

static char fifo[256];

static size_t resident(void) {
  char text[128] = "";
  const int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0 || read(file, text, sizeof text - 1) <= 0) abort();
  close(file);
  return strtoul(strchr(text, ' '), NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static size_t statistic(mallctl_function mallctl, const char* name) {
  size_t value = 0;
  size_t size = sizeof value;
  mallctl(name, &value, &size, NULL, 0);
  return value;
}

static void give_back(void) {
  const mallctl_function mallctl = (mallctl_function)dlsym(RTLD_DEFAULT, "mallctl");
  size_t said[3];
  if (mallctl != NULL) {
    uint64_t epoch = 1;
    mallctl("epoch", NULL, NULL, &epoch, sizeof epoch);
    said[0] = statistic(mallctl, "stats.allocated");
    said[1] = statistic(mallctl, "stats.active");
    said[2] = statistic(mallctl, "stats.resident");
  } else {
    const struct mallinfo2 info = mallinfo2();
    said[0] = info.uordblks + info.hblkhd;
    said[1] = info.fordblks;
    said[2] = info.keepcost;
  }
  const size_t before = resident();
  if (mallctl != NULL) {
    mallctl("arena.4096.purge", NULL, NULL, NULL, 0);  // MALLCTL_ARENAS_ALL
  } else {
    malloc_trim(0);
  }
  const size_t after = resident();
  char name[300];
  snprintf(name, sizeof name, "%s.out", fifo);
  char text[200];
  const int length = snprintf(text, sizeof text, "%zu %zu %zu %zu %zu\n", before, after, said[0], said[1], said[2]);
  const int file = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0 || write(file, text, (size_t)length) != length) abort();
  close(file);
}

static void* wait_for_the_word(void* nothing) {
  const int file = open(fifo, O_RDWR | O_CLOEXEC);
  char byte;
  while (file >= 0 && read(file, &byte, 1) == 1) give_back();
  return nothing;
}

__attribute__((constructor)) static void begin(void) {
  const char* name = getenv("GIVE_BACK");
  if (name == NULL || strlen(name) >= sizeof fifo) return;
  strcpy(fifo, name);
  pthread_t thread;
  if (pthread_create(&thread, NULL, wait_for_the_word, NULL) == 0) pthread_detach(thread);
}
