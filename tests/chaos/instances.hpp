/// Several `holdfast serve` on one PostgreSQL of the test's own, and what a client asks of them. One thread, but for
/// ask() and look(), which any may call.
#pragma once

#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/run_id.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/postgres_cluster.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {

/// One of the servers. It is started again on the same data directory and port after each death.
class Instance {
 public:
  Instance(std::string data_dir, std::string database, std::string worker_flags);

  /// From the next start on: HOLDFAST_HOOK (base/hook_point.hpp); nothing when empty.
  void arm(const std::string& hook);

  bool start();
  [[nodiscard]] bool is_running() const { return server_->is_running(); }
  /// By SIGSTOP.
  [[nodiscard]] bool is_frozen() const;
  void kill() { server_->kill(); }
  void freeze() const { server_->send_signal(SIGSTOP); }
  void thaw() const { server_->send_signal(SIGCONT); }
  [[nodiscard]] std::uint16_t port() const { return options_.port; }
  [[nodiscard]] std::string log() const { return server_->log(); }

  /// The body of a successful answer.
  [[nodiscard]] std::optional<json::object> get(const std::string& target) const;
  [[nodiscard]] HttpReply post(const std::string& target, const std::string& body,
                               const HeaderList& headers = {}) const;

  /// Accepts the run, or says why not.
  [[nodiscard]] HttpReply submit(const RunId& id, const std::string& prompt) const;

  /// "" when it said nothing of use.
  [[nodiscard]] std::string status_of(const RunId& id) const;

  /// False when it is not so within a minute.
  [[nodiscard]] bool shows(const RunId& id, const std::string& status) const;

  /// Pids of workers in that state.
  [[nodiscard]] std::vector<int> workers(const std::string& state) const;

 private:
  ServerOptions options_;
  std::unique_ptr<ServerProcess> server_;
};

/// The answer of a completed run, or the code of what ended it.
[[nodiscard]] std::string answer_of(const json::object& run);

/// The timeline has exactly one end, entries numbered without a gap, and no word of an older attempt after a newer one
/// began. Fails the test otherwise.
void expect_one_end(const json::object& timeline);

}  // namespace holdfast::testing
