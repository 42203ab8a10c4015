/// What a worker's process is started with.
#include <fmt/format.h>
#include <unistd.h>

#include "base/log.hpp"
#include "workers/worker_environment.hpp"
#include "workers/worker_life.hpp"
#include "workers/worker_socket.hpp"

namespace holdfast::workers {
namespace {

std::vector<std::string_view> own_environment() {
  std::vector<std::string_view> ours;
  for (char** entry = environ; *entry != nullptr; ++entry) ours.emplace_back(*entry);
  return ours;
}

}  // namespace

Result<WorkerAddress> WorkerLife::choose_address() const {
  const auto& config = pool_->config;
  const auto transport = transport_of(config.command, config.told_by);
  if (!transport) return std::unexpected(transport.error());
  if (*transport == Transport::loopback_tcp) {
    auto port = free_loopback_port();
    if (!port) return fail(std::move(port));
    return *port;
  }
  // A number of its own for each life: a predecessor that is slow to die cannot unlink its successor's socket.
  auto path = fmt::format("{}/w{}-{}.sock", config.socket_dir, worker_, number_);
  if (path.size() > kMaxSocketPath) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("socket path {} has {} bytes and may have {}: choose a shorter data directory", path,
                            path.size(), kMaxSocketPath));
  }
  SocketPath socket{std::move(path)};
  // In a directory of another user something else could be put in the worker's place.
  if (config.account) socket.listener = config.account->user;
  return socket;
}

Launch WorkerLife::make_launch() {
  const auto& config = pool_->config;
  auto chosen = config.environment;
  if (config.account) {
    chosen.insert(chosen.end(), config.account->environment.begin(), config.account->environment.end());
  }
  std::vector<std::string> added{"HOLDFAST_WORKER=" + mark()};
  if (const auto* loopback = std::get_if<LoopbackPort>(&address_)) {
    added.push_back(fmt::format("PORT={}", loopback->port));
  }
  const auto ours = own_environment();
  const auto without_agent = worker_environment(ours, chosen, added);
  for (auto& entry : make_agent(without_agent)) added.push_back(std::move(entry));

  Launch launch;
  launch.shell_text = with_exec(fill_placeholders(config.command, address_));
  launch.environment = worker_environment(ours, chosen, added);
  launch.directory = config.directory;
  launch.account = config.account;
  launch.limits = resource_limits(config.limits);
  if (agent_ && config.account) launch.page = agent_->page_descriptor();
  return launch;
}

// What the environment of the process needs for it. A worker without an agent is a worker all the same.
std::vector<std::string> WorkerLife::make_agent(const std::vector<std::string>& environment) {
  const auto& config = pool_->config.agent;
  if (config.library.empty()) return {};
  auto made = AgentLink::make(config);
  if (!made) {
    log::warning("workers.no_agent", {{"worker", worker_}, {"error", made.error().message()}});
    return {};
  }
  agent_ = std::move(*made);
  const std::vector<std::string_view> views(environment.begin(), environment.end());
  // Another user may not open what is ours under /proc: it inherits the page.
  return agent_->entries(views, pool_->config.account ? fmt::format("/proc/self/fd/{}", kPageDescriptor) : "");
}

}  // namespace holdfast::workers
