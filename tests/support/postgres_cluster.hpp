/// A PostgreSQL 15 server of the test's own: in a temporary directory, on a Unix socket and a free loopback port.
///
/// One for all tests of a program, a fresh database for each. Not for two threads at once.
#pragma once

#include <string>

#include "tests/support/service_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {

class PostgresCluster {
 public:
  enum class Fsync : unsigned char { off, on };

  /// Started, ready for connections.
  explicit PostgresCluster(Fsync fsync = Fsync::off);
  ~PostgresCluster();

  /// Of this program: made at the first call, gone when the program ends.
  static PostgresCluster& shared();

  void start();
  void stop();              ///< Cuts the connections, orderly.
  void stop_immediately();  ///< As a crash: what was not durable is lost, the next start recovers.
  void kill();              ///< SIGKILL to every process of the server.
  void freeze();            ///< SIGSTOP to every process of the server.
  void thaw();

  /// An empty database with a name of its own.
  [[nodiscard]] std::string create_database();

  [[nodiscard]] std::string url(const std::string& database) const;
  [[nodiscard]] const std::string& directory() const noexcept { return directory_.path(); }
  [[nodiscard]] int port() const noexcept { return port_; }

  /// Runs statements as the superuser. The first column of the first row of the last one, or nothing.
  std::string execute(const std::string& database, const std::string& sql) const;

 private:
  void await_ready() const;
  [[nodiscard]] std::vector<pid_t> processes() const;

  TemporaryDirectory directory_;
  const int port_;
  const Fsync fsync_;
  int databases_ = 0;
  ServiceProcess server_;
};

}  // namespace holdfast::testing
