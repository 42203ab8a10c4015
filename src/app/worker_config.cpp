#include "app/worker_config.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>

#include "app/agent_file.hpp"
#include "app/builtin_worker.hpp"
#include "app/open_files.hpp"
#include "base/log.hpp"
#include "workers/worker_environment.hpp"

namespace holdfast::app {
namespace {

workers::AgentConfig agent_config(const Settings& settings) {
  if (settings.worker_agent == "off") return {};
  workers::AgentConfig config;
  config.brings_malloc = settings.worker_agent == "jemalloc";
  config.library = agent_file(config.brings_malloc ? "libholdfast-agent-jemalloc.so" : "libholdfast-agent.so");
  config.node_script = agent_file("holdfast-agent.cjs");
  config.gc_thresholds = settings.worker_gc_thresholds;
  config.profiles = settings.worker_heap_profile != "off";
  config.sampling = settings.worker_heap_profile == "on";
  return config;
}

workers::WorkerLimits limits_of(const Settings& settings) {
  workers::WorkerLimits limits;
  if (settings.worker_open_files > 0) limits.open_files = settings.worker_open_files;
  if (settings.worker_processes > 0) limits.processes = settings.worker_processes;
  if (settings.worker_data != Bytes()) limits.data = settings.worker_data;
  limits.core = settings.worker_core;
  limits.inherited_open_files = raise_open_files();
  return limits;
}

// A backend that misses one finds out here why.
void tell_withheld(const std::vector<std::string>& chosen) {
  std::vector<std::string_view> withheld;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto name = text.substr(0, text.find('='));
    const bool is_chosen =
        std::ranges::any_of(chosen, [name](std::string_view own) { return own.substr(0, own.find('=')) == name; });
    if (workers::is_withheld(name) && !is_chosen) withheld.push_back(name);
  }
  if (withheld.empty()) return;
  log::info("workers.environment_withheld",
            {{"names", fmt::format("{}", fmt::join(withheld, ","))}, {"hand_on_with", "worker.environment"}});
}

}  // namespace

Result<workers::PoolConfig> worker_config(const Settings& settings, const DataDir& data) {
  workers::PoolConfig config;
  config.command =
      settings.worker_command.empty() ? builtin_worker_command(settings.worker_data_file) : settings.worker_command;
  config.concurrency = settings.worker_concurrency;
  config.size = (settings.max_concurrent + settings.worker_concurrency - 1) / settings.worker_concurrency;
  config.start_timeout = settings.worker_start_timeout;
  config.grace_period = settings.worker_grace_period;
  config.agent = agent_config(settings);
  // The built-in worker is told by its command.
  const bool by_port = settings.worker_listen == "port" && !settings.worker_command.empty();
  config.told_by = by_port ? workers::ToldBy::port_variable : workers::ToldBy::placeholder;
  config.health_path = settings.worker_command.empty() ? "" : settings.worker_health_path;
  config.liveness = settings.worker_liveness;
  config.directory = settings.worker_directory;
  config.environment = settings.worker_environment;
  config.limits = limits_of(settings);
  auto account = workers::find_account(settings.worker_user, settings.worker_group);
  if (!account) return std::unexpected(account.error());
  config.account = std::move(*account);
  config.socket_dir = data.socket_dir();
  if (config.account) {
    auto theirs = data.socket_dir_of(config.account->user);
    if (!theirs) return fail(std::move(theirs), "worker.user");
    config.socket_dir = std::move(*theirs);
  }
  auto usable = check(config);
  if (!usable) return std::unexpected(usable.error());
  tell_withheld(config.environment);
  return config;
}

}  // namespace holdfast::app
