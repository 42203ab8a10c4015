/// The supervisor's end of the page that it shares with the agent library in one worker process (docs/agent.md).
///
/// Ownership: one for each life of a worker. Runs on: supervisor strand.
/// Invariants:
///   - The worker can write anything into the page, and cannot make it smaller or larger (it is sealed): reading it
///     never fails in a way that hurts us.
///   - One command at a time. An answer that comes after its deadline is nobody's: the next command has another number.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.hpp"
#include "base/file_descriptor.hpp"
#include "memory/agent_page.hpp"

namespace holdfast::workers {

struct AgentConfig {
  std::string library;         ///< Path of libholdfast-agent.so, without space or colon. Empty: no agent.
  bool brings_malloc = false;  ///< The library is the program's malloc, too.
  std::string node_script;     ///< Path of holdfast-agent.cjs. Empty: nothing is preloaded into Node.
  std::chrono::milliseconds interval{100};
  /// For CPython, where the program keeps the interpreter's own. First is 0: left alone.
  std::array<std::uint32_t, 3> gc_thresholds{500, 8, 8};
  bool profiles = false;  ///< Heap profiles may be asked for.
  bool sampling = false;  ///< Node and jemalloc sample allocations for them from the start.
};

class AgentLink {
 public:
  /// invalid_argument: the library's path cannot be preloaded; resource_exhausted.
  static Result<std::shared_ptr<AgentLink>> make(const AgentConfig& config);

  AgentLink(FileDescriptor file, std::uint64_t* page, const AgentConfig& config);
  ~AgentLink();
  AgentLink(const AgentLink&) = delete;
  AgentLink& operator=(const AgentLink&) = delete;

  /// What the worker's environment needs beside `environment` ("NAME=value"): whole entries, which replace those of the
  /// same name and keep what they held. `page_path`: where the worker finds the page; empty: where a process of our own
  /// user does.
  [[nodiscard]] std::vector<std::string> entries(const std::vector<std::string_view>& environment,
                                                 std::string page_path = {}) const;

  /// Where the worker is to leave heap profiles. Before entries().
  void leave_profiles_at(std::string path) { profile_path_ = std::move(path); }

  /// Empty: it leaves none.
  [[nodiscard]] const std::string& profile_path() const noexcept { return profile_path_; }

  /// Whether allocations in it are recorded, where that is possible.
  [[nodiscard]] bool is_sampling() const noexcept { return config_.sampling; }

  /// The page itself, for a process that may not open what is ours. Stays ours.
  [[nodiscard]] int page_descriptor() const noexcept { return file_.get(); }

  /// As memory::read_agent_figures().
  [[nodiscard]] Result<memory::AgentFigures> figures(SteadyTime now) const;

  /// Whether a process has claimed the page.
  [[nodiscard]] bool is_claimed() const { return memory::agent_owner(page()).has_value(); }

  /// Asks and waits. The worker must be idle: it stops for as long as this takes. failed_precondition: no process has
  /// claimed the page; conflict: another command is under way; deadline_exceeded; cancelled; data_loss.
  static awaitable<Result<memory::AgentAnswer>> ask(std::shared_ptr<AgentLink> self, agent::Command command,
                                                    SteadyTime deadline);

 private:
  [[nodiscard]] memory::AgentPage page() const { return memory::AgentPage(page_, memory::AgentPage::extent); }
  std::uint32_t send(agent::Command command);

  FileDescriptor file_;
  std::uint64_t* page_;
  AgentConfig config_;
  std::string profile_path_;
  std::uint32_t commands_ = 0;
  bool asking_ = false;
};

}  // namespace holdfast::workers
