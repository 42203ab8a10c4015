/// The command line of the scripted worker.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace scripted_worker {

struct Options {
  std::string socket;
  int port = 0;
  bool stream = false;
  bool report = false;
  int steps = 3;
  int deltas = 0;
  int sleep_ms = 0;
  int start_ms = 0;
  int leak_mb = 0;
  int status = 0;
  int exit_at_start = -1;
  int signal_at_start = 0;
  int print_lines = 0;
  int huge_body_mb = 0;
  int sick = 0;                  ///< Looks that are answered 503.
  int leak_descriptors = 0;      ///< For every request.
  int print_kb = 0;              ///< While it serves a request.
  std::string once;              ///< Habits show only for the process that creates this file.
  std::string record;            ///< Every request taken is a line of this file.
  std::string gate;              ///< No result before a file named as the run stands in this directory.
  std::set<std::string> habits;  ///< Flags without a value, without their dashes.

  [[nodiscard]] bool has(const std::string& habit) const { return habits.contains(habit); }
};

/// Ends the program with its help, or with a complaint about a flag it does not know.
Options parse_options(int count, char** arguments);

}  // namespace scripted_worker
