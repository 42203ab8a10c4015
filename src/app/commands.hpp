/// The commands of `holdfast`. Each returns the exit status of the process (sysexits.h, `exit_status`).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/settings.hpp"

namespace holdfast::app {

using LoadSettings = std::function<Result<LoadedSettings>()>;

/// Serves until SIGTERM or SIGINT, then drains. At SIGUSR2, and when memory cannot be won back otherwise, goes on as a
/// new process on the same socket. `load` reads the settings as they are now: a restart that would fail is not begun.
int serve(const LoadedSettings& settings, const LoadSettings& load);

/// Prints every effective value and where it came from.
int show_config(const LoadedSettings& settings);

enum class Output : unsigned char { people, json };

/// Which server, and who asks.
struct ServerAccess {
  std::string url;
  std::string token;  ///< Empty where the server asks nobody.
};

struct AskOptions {
  ServerAccess server;
  std::string prompt;     ///< May be empty when `run_id` names an existing run.
  std::string thread_id;  ///< Empty: a new thread, or that of the existing run.
  std::string run_id;     ///< Empty: a new run. An existing one is followed.
  Output output = Output::people;
};

/// Asks, or comes back to a run that was asked for; shows progress on standard error, prints the answer. Survives a
/// restart of the server in between.
int ask(const AskOptions& options);

struct ListOptions {
  ServerAccess server;
  std::string thread_id;
  std::string status;
  int limit = 20;
  Output output = Output::people;
};

int list_runs(const ListOptions& options);

/// Prints the run and its timeline.
int show_run(const ServerAccess& server, const std::string& run_id, Output output);

/// Makes a key for `subject`, adds its hash to the file of keys, and prints the key, which is kept nowhere.
int add_key(const LoadedSettings& settings, const std::string& subject);

struct DrillOptions {
  ServerAccess server;
  std::string prompt;
};

/// Loses a connection and a worker of a live server on purpose and prints how long the answer took all the same.
int drill(const DrillOptions& options);

struct ReportOptions {
  ServerAccess server;
  std::string since = "24h";
  Output output = Output::people;
};

/// Prints what the last while was like. Returns 0 when all is well, 1 when something needs attention, 2 when the server
/// cannot be asked.
int daily_report(const ReportOptions& options);

/// Asks a live server to give memory back now; prints what each step gave.
int relieve(const ServerAccess& server, Output output);

struct TopOptions {
  ServerAccess server;
  std::string interval = "1s";  ///< Between two looks.
  bool once = false;            ///< Print one look and end, as where there is no terminal.
};

/// A live view of a server's memory, its workers and its routes, until `q` or SIGINT.
int top(const TopOptions& options);

struct DoctorOptions {
  ServerAccess server;          ///< Without a url: the configuration and this machine are looked at.
  std::string longest = "65s";  ///< The longest silence that is tried.
  Output output = Output::people;
};

/// Says what is wrong with a setup and which setting to change. Returns 0 when all is well, 1 with warnings, 2 when
/// something does not work.
int doctor(const LoadedSettings& settings, const DoctorOptions& options);

/// Replaces this process by the built-in worker program, which stands beside this one.
int exec_text2sql(const std::vector<std::string>& arguments);

/// Path of a program that stands beside this one.
[[nodiscard]] std::string sibling_program(const std::string& name);

}  // namespace holdfast::app
