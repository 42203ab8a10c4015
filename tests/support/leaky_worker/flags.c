#include "flags.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  const char* name;
  size_t offset;
  const char* help;
} kHabits[] = {
    {"retain-mb", offsetof(struct habits, retain_mb), "memory kept for ever after each run (309)"},
    {"alloc-mb", offsetof(struct habits, alloc_mb), "memory taken by each run, what is kept included"},
    {"alloc-mb-s", offsetof(struct habits, alloc_mb_s), "how fast it is taken, in MB/s (1545); 0: as fast as it goes"},
    {"hold-ms", offsetof(struct habits, hold_ms), "how long a run goes on with all of it"},
    {"spike-mb", offsetof(struct habits, spike_mb), "memory taken at 200 MB/s at the end of the run, and given back"},
    {"fragment-mb", offsetof(struct habits, fragment_mb), "small pieces, of which 90 % at random are freed"},
    {"native-leak-mb", offsetof(struct habits, native_leak_mb), "memory kept in one malloc() after each run"},
    {"thread-leak", offsetof(struct habits, thread_leak), "threads left behind by each run"},
    {"grandchild-mb", offsetof(struct habits, grandchild_mb), "a process left behind that holds as much"},
    {"page-cache-mb", offsetof(struct habits, page_cache_mb), "a file of that size is written and read by each run"},
};
static const size_t kHabitCount = sizeof kHabits / sizeof *kHabits;

static bool same_name(const char* a, const char* b) {
  for (; *a != '\0' && (*a == *b || (*a == '-' && *b == '_')); ++a) ++b;
  return *a == *b;
}

double* find_habit(struct habits* habits, const char* name) {
  for (size_t i = 0; i < kHabitCount; ++i) {
    if (same_name(kHabits[i].name, name)) return (double*)((char*)habits + kHabits[i].offset);
  }
  return NULL;
}

static _Noreturn void show_help(void) {
  puts(
      "leaky_worker: a native backend that misbehaves with memory\n\n  leaky_worker (--socket PATH | --port N) "
      "[flags]\n");
  for (size_t i = 0; i < kHabitCount; ++i) printf("  --%-16s N  %s\n", kHabits[i].name, kHabits[i].help);
  puts(
      "  --startup-mb       N  memory held from the start\n"
      "  --start-ms         N  listen only after that time\n"
      "  --at-once          N  runs at the same time (1)\n"
      "  --page-cache-dir DIR  where page-cache-mb writes (/var/tmp); not a tmpfs\n"
      "  --ignore-sigterm      ignore SIGTERM");
  exit(0);
}

static _Noreturn void complain(const char* about, const char* flag) {
  fprintf(stderr, "leaky_worker: %s %s (see --help)\n", about, flag);
  exit(2);
}

static double number(const char* flag, const char* text) {
  char* end = NULL;
  const double value = strtod(text, &end);
  if (end == text || *end != '\0' || value < 0) complain("no number for", flag);
  return value;
}

static void set_flag(struct flags* flags, const char* flag, const char* value) {
  double* habit = find_habit(&flags->habits, flag + 2);
  if (habit != NULL) {
    *habit = number(flag, value);
  } else if (strcmp(flag, "--socket") == 0) {
    flags->socket = value;
  } else if (strcmp(flag, "--port") == 0) {
    flags->port = (int)number(flag, value);
  } else if (strcmp(flag, "--startup-mb") == 0) {
    flags->startup_mb = number(flag, value);
  } else if (strcmp(flag, "--start-ms") == 0) {
    flags->start_ms = number(flag, value);
  } else if (strcmp(flag, "--only-hold-mb") == 0) {
    flags->only_hold_mb = number(flag, value);
  } else if (strcmp(flag, "--at-once") == 0) {
    flags->at_once = (int)number(flag, value);
  } else if (strcmp(flag, "--page-cache-dir") == 0) {
    flags->page_cache_dir = value;
  } else {
    complain("unknown flag", flag);
  }
}

struct flags parse_flags(int count, char** words) {
  struct flags flags = {
      .habits = {.retain_mb = 309, .alloc_mb_s = 1545}, .only_hold_mb = -1, .at_once = 1, .page_cache_dir = "/var/tmp"};
  for (int i = 1; i < count; ++i) {
    if (strcmp(words[i], "--help") == 0) show_help();
    if (strcmp(words[i], "--ignore-sigterm") == 0) {
      flags.ignore_sigterm = true;
      continue;
    }
    if (strncmp(words[i], "--", 2) != 0) complain("not a flag:", words[i]);
    if (i + 1 == count) complain("no value for", words[i]);
    set_flag(&flags, words[i], words[i + 1]);
    ++i;
  }
  if (flags.only_hold_mb < 0 && flags.socket == NULL && flags.port == 0) complain("needs", "--socket or --port");
  return flags;
}
