/// The commands of `holdfast`. Each returns the exit status of the process (sysexits.h, `exit_status`).
#pragma once

#include <string>
#include <vector>

#include "app/settings.hpp"

namespace holdfast::app {

/// Serves until SIGTERM or SIGINT, then drains.
int serve(const LoadedSettings& settings);

/// Prints every effective value and where it came from.
int show_config(const LoadedSettings& settings);

enum class Output : unsigned char { people, json };

struct AskOptions {
  std::string url;
  std::string prompt;     ///< May be empty when `run_id` names an existing run.
  std::string thread_id;  ///< Empty: a new thread, or that of the existing run.
  std::string run_id;     ///< Empty: a new run. An existing one is followed.
  Output output = Output::people;
};

/// Asks, or comes back to a run that was asked for; shows progress on standard error, prints the answer. Survives a
/// restart of the server in between.
int ask(const AskOptions& options);

struct ListOptions {
  std::string url;
  std::string thread_id;
  std::string status;
  int limit = 20;
  Output output = Output::people;
};

int list_runs(const ListOptions& options);

/// Prints the run and its timeline.
int show_run(const std::string& url, const std::string& run_id, Output output);

/// Replaces this process by the built-in worker program, which stands beside this one.
int exec_text2sql(const std::vector<std::string>& arguments);

/// Path of a program that stands beside this one.
[[nodiscard]] std::string sibling_program(const std::string& name);

}  // namespace holdfast::app
