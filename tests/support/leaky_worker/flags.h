/// The command line of the leaky worker. The names and meanings are those of leaky_worker.py.
#pragma once

#include <stdbool.h>

/// What one run does to memory. Sizes in MB, may be fractions.
struct habits {
  double retain_mb;
  double alloc_mb;
  double alloc_mb_s;
  double hold_ms;
  double spike_mb;
  double fragment_mb;
  double native_leak_mb;
  double thread_leak;
  double grandchild_mb;
  double page_cache_mb;
};

struct flags {
  const char* socket;  ///< Or null: the port.
  int port;
  struct habits habits;
  double startup_mb;
  double start_ms;
  double only_hold_mb;  ///< Of a grandchild: hold that much and nothing else. Negative: not one.
  int at_once;
  bool ignore_sigterm;
  const char* page_cache_dir;
};

/// The field of that name, with dashes or underscores; null when there is none.
double* find_habit(struct habits* habits, const char* name);

/// Ends the program with a complaint about a flag it does not know.
struct flags parse_flags(int count, char** words);
