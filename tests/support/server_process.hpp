/// The real `holdfast serve` as a child process, for tests that kill it.
///
/// Ownership: the destructor kills and reaps the server, and with it its workers. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::testing {

/// Path of a program of this build.
[[nodiscard]] std::string program(const std::string& name);

/// Most tests send more than one user may.
enum class UserLimits : unsigned char { none, as_shipped };

struct ServerOptions {
  std::string data_dir;
  std::string worker;      ///< Empty: the built-in one.
  std::string program;     ///< Empty: the one of this build.
  std::uint16_t port = 0;  ///< 0: a free one.
  std::string host = "127.0.0.1";
  std::vector<std::string> arguments;              ///< More flags of `holdfast serve`.
  std::map<std::string, std::string> environment;  ///< Added to ours.
  UserLimits limits = UserLimits::none;
};

class ServerProcess {
 public:
  /// Starts it. wait_until_listening() says when it can be asked.
  explicit ServerProcess(const ServerOptions& options);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// False when it ended, or said nothing for 30 seconds.
  bool wait_until_listening();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] int pid() const noexcept { return pid_; }
  [[nodiscard]] bool is_running();

  void send_signal(int number) const;

  /// Reaps it; the wait status as of waitpid(). Absent when it does not end within 30 seconds.
  std::optional<int> wait();

  /// SIGKILL, and reap.
  void kill();

  /// Standard error so far: the log.
  [[nodiscard]] std::string log() const;

 private:
  int pid_ = -1;
  int output_ = -1;  ///< Read end of its standard output.
  std::uint16_t port_ = 0;
  int log_ = -1;  ///< Its standard error.
  std::optional<int> status_;
};

}  // namespace holdfast::testing
