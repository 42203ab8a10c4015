#include "app/doctor/machine_checks.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>

#include "app/agent_file.hpp"
#include "app/api_client.hpp"
#include "app/builtin_worker.hpp"
#include "base/text.hpp"
#include "gateway/identity/small_file.hpp"
#include "gateway/listen_socket.hpp"
#include "workers/command.hpp"

namespace holdfast::app {
namespace {

namespace fs = std::filesystem;

// A connection takes one; a request that is passed through two.
constexpr rlim_t kEnoughDescriptors = 4096;

Finding configuration(const LoadedSettings& loaded) {
  int set = 0;
  for (const auto& [key, origin] : loaded.origins) set += origin == "default" ? 0 : 1;
  return {Health::good,
          "configuration",
          fmt::format("read; {} settings are not the default (`holdfast config` lists them)", set),
          {}};
}

bool holdfast_answers(const gateway::ListenAddress& address) {
  const auto answer = ApiClient({address.host, std::to_string(address.port)}).request("GET", "/livez");
  return answer && answer->status == 200;
}

// The first word of a command that is only words, else empty: what a shell makes of the rest is its business.
std::string program_of(std::string_view command) {
  if (command.find_first_of("|&;<>()$`\\\"'*?[#~=%{}") != std::string_view::npos) {
    const auto placeholders_only = [command] {
      std::string rest(command);
      for (const std::string_view placeholder : {"{socket}", "{port}"}) {
        for (auto at = rest.find(placeholder); at != std::string::npos; at = rest.find(placeholder)) {
          rest.erase(at, placeholder.size());
        }
      }
      return rest.find_first_of("|&;<>()$`\\\"'*?[#~=%{}") == std::string::npos;
    };
    if (!placeholders_only()) return {};
  }
  auto word = trim(command);
  word = word.substr(0, word.find_first_of(" \t"));
  return std::string(word == "exec" ? std::string_view() : word);
}

bool can_be_found(const std::string& program) {
  if (program.contains('/')) return ::access(program.c_str(), X_OK) == 0;
  const char* path = std::getenv("PATH");
  std::string_view places = path == nullptr ? "/usr/bin:/bin" : path;
  while (!places.empty()) {
    const auto place = places.substr(0, places.find(':'));
    places.remove_prefix(std::min(places.size(), place.size() + 1));
    if (::access((std::string(place) + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

}  // namespace

Finding check_address(const Settings& settings) {
  Finding finding{Health::good, "address", settings.listen + " is free", {}};
  const auto address = gateway::parse_listen_address(settings.listen);
  if (!address) return {Health::bad, "address", address.error().message(), "write server.listen as HOST:PORT"};
  const auto socket = gateway::open_listen_socket(*address);
  if (socket) {
    ::close(socket->fd);
    return finding;
  }
  if (holdfast_answers(*address)) {
    return {Health::note, "address", settings.listen + ": a Holdfast answers there already", {}};
  }
  return {Health::bad, "address", socket.error().message(), "choose another address with server.listen (--listen)"};
}

Finding check_login(const Settings& settings) {
  const auto address = gateway::parse_listen_address(settings.listen);
  const bool open = address && !address->loopback;
  if (settings.auth_mode == "none") {
    if (!open) return {Health::good, "login", "none, and only this machine can ask", {}};
    return {Health::bad, "login", "none, on an address that others reach: the server refuses to start",
            "set auth.mode to api-key or oidc, or listen on 127.0.0.1"};
  }
  if (settings.auth_mode != "api-key") return {Health::good, "login", "by " + settings.auth_mode, {}};
  const auto path = key_file_path(settings);
  const auto file = gateway::read_small_file(path, gateway::Privacy::secret);
  if (file) return {Health::good, "login", "by the keys in " + path, {}};
  return {Health::bad, "login", file.error().message(), "`holdfast key add NAME` makes the file and the first key"};
}

Finding check_worker(const Settings& settings) {
  Finding finding{Health::good, "worker", {}, {}};
  if (settings.worker_command.empty()) {
    const auto program = builtin_worker_program();
    finding.text = "the built-in one";
    if (::access(program.c_str(), X_OK) != 0) {
      return {Health::bad, "worker", program + " is missing", "install it beside holdfast, or set worker.command"};
    }
    return finding;
  }
  const auto transport = workers::transport_of(settings.worker_command);
  if (!transport)
    return {Health::bad, "worker", transport.error().message(), "see worker.command in docs/worker-protocol.md"};
  const auto program = program_of(settings.worker_command);
  if (!program.empty() && !can_be_found(program)) {
    return {Health::bad, "worker", fmt::format("there is no program \"{}\" in PATH", program),
            "install it, or write its whole path into worker.command"};
  }
  finding.text = program.empty() ? "a shell command; whether it starts, only a start tells"
                                 : fmt::format("{} is there; whether it gets ready, only a start tells", program);
  return finding;
}

Finding check_agent(const Settings& settings) {
  if (settings.worker_agent == "off") {
    return {Health::note, "agent", "off: heaps of workers are not known, and idle ones are not trimmed",
            "worker.agent = on, unless there is a reason"};
  }
  const auto name = settings.worker_agent == "jemalloc" ? "libholdfast-agent-jemalloc.so" : "libholdfast-agent.so";
  const auto file = agent_file(name);
  if (!file.empty()) return {Health::good, "agent", file, {}};
  return {Health::warning, "agent",
          fmt::format("{} is neither in ../lib nor beside holdfast: workers run without", name),
          "install it there, or say worker.agent = off"};
}

Finding check_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  Finding finding{Health::good, "descriptors", fmt::format("{} may be open at once", limit.rlim_max), {}};
  if (limit.rlim_max >= kEnoughDescriptors) return finding;
  finding.health = Health::warning;
  finding.advice = "raise the hard limit (systemd: LimitNOFILE=65536): each connection takes one";
  return finding;
}

Findings check_machine(const LoadedSettings& loaded) {
  const auto& settings = loaded.values;
  Findings all{configuration(loaded), check_address(settings), check_login(settings)};
  for (auto& finding : check_storage(settings)) all.push_back(std::move(finding));
  all.push_back(check_database(settings));
  for (auto& finding : check_memory(settings)) all.push_back(std::move(finding));
  all.push_back(check_worker(settings));
  all.push_back(check_agent(settings));
  all.push_back(check_descriptors());
  return all;
}

}  // namespace holdfast::app
