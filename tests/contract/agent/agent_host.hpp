/// A real program with the agent preloaded, as the pool would start it, and the supervisor's end of its page.
#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.hpp"
#include "workers/agent_link.hpp"

namespace holdfast::workers {

class AgentHost {
 public:
  /// Starts it; `environment` is added to ours.
  explicit AgentHost(std::vector<std::string> command, const std::vector<std::string>& environment = {},
                     const AgentConfig& config = default_config());
  ~AgentHost();
  AgentHost(const AgentHost&) = delete;
  AgentHost& operator=(const AgentHost&) = delete;

  static AgentConfig default_config();
  static std::unique_ptr<AgentHost> python(const std::string& mode, const std::vector<std::string>& environment = {});
  static std::unique_ptr<AgentHost> node(const std::string& mode, const std::vector<std::string>& environment = {});
  static std::unique_ptr<AgentHost> native(const std::string& mode, const std::vector<std::string>& environment = {});

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] AgentLink& link() { return *link_; }

  /// Its next line of output; empty when it has ended.
  std::string line();
  /// Its output up to the line "ready".
  void wait_ready();
  void type(const std::string& text) const;
  void close_input();

  /// Figures that fit, at most `patience` from now; fails the test otherwise.
  using Fits = std::function<bool(const memory::AgentFigures&)>;
  memory::AgentFigures figures(const Fits& fits = {}, std::chrono::milliseconds patience = std::chrono::seconds(10));

  Result<memory::AgentAnswer> ask(agent::Command command,
                                  std::chrono::milliseconds patience = std::chrono::seconds(10));

  /// What it has left as its heap profile; empty without one. Only with `profiles` in the configuration.
  [[nodiscard]] std::string profile() const;
  [[nodiscard]] std::string profile_path() const { return directory_ / "profile"; }

  [[nodiscard]] bool runs() const;
  void kill(int number) const;
  /// Its status as of waitpid().
  int wait();

 private:
  holdfast::testing::TemporaryDirectory directory_;
  std::shared_ptr<AgentLink> link_;
  asio::io_context io_;
  pid_t pid_ = 0;
  int input_ = -1;
  int output_ = -1;
  bool waited_ = false;
};

/// Of a process; 0 when it is gone.
[[nodiscard]] std::uint64_t resident_bytes(pid_t pid);
/// The names of its threads.
[[nodiscard]] std::vector<std::string> thread_names(pid_t pid);

}  // namespace holdfast::workers
