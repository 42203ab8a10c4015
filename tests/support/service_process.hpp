/// A program that a test needs beside the one under test: a database, a pooler. It runs as a user without rights,
/// because such programs refuse root, ends with the test program, and writes what it says into a file.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace holdfast::testing {

class ServiceProcess {
 public:
  ServiceProcess() = default;
  ~ServiceProcess() { stop(9); }
  ServiceProcess(const ServiceProcess&) = delete;
  ServiceProcess& operator=(const ServiceProcess&) = delete;

  /// The first element is the path of the program.
  void start(const std::vector<std::string>& command, const std::string& output_file);

  /// Sends `signal` and waits for the end.
  void stop(int signal);

  void send(int signal) const;
  [[nodiscard]] bool running() const noexcept { return pid_ > 0; }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

 private:
  pid_t pid_ = 0;
};

/// Runs a program to its end, as above; its exit status.
[[nodiscard]] int run_service(const std::vector<std::string>& command, const std::string& output_file);

/// Hands a file or directory to the user that services run as.
void give_to_service_user(const std::string& path);

/// A port of the loopback interface that nobody uses now.
[[nodiscard]] int free_loopback_port();

}  // namespace holdfast::testing
