#include "tests/support/server_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto kPatience = 30s;

std::vector<std::string> arguments_of(const ServerOptions& options) {
  std::vector<std::string> arguments{options.program.empty() ? program("holdfast") : options.program,
                                     "serve",
                                     "--data",
                                     options.data_dir,
                                     "--listen",
                                     options.host + ":" + std::to_string(options.port)};
  if (!options.worker.empty()) {
    arguments.emplace_back("--worker");
    arguments.push_back(options.worker);
  }
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  return arguments;
}

std::uint16_t port_in(const std::string& output) {
  constexpr std::string_view kBefore = "holdfast: listening on http://127.0.0.1:";
  const auto found = output.find(kBefore);
  if (found == std::string::npos || output.find('\n', found) == std::string::npos) return 0;
  return static_cast<std::uint16_t>(std::atoi(output.c_str() + found + kBefore.size()));
}

}  // namespace

std::string program(const std::string& name) {
  return (fs::read_symlink("/proc/self/exe").parent_path() / name).string();
}

ServerProcess::ServerProcess(const ServerOptions& options) {
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) std::abort();
  output_ = pipe[0];
  // The log has no name: the data directory may be one that cannot be written.
  log_ = ::open("/tmp", O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0600);

  auto arguments = arguments_of(options);
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const int parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::dup2(pipe[1], STDOUT_FILENO);
    ::dup2(log_, STDERR_FILENO);
    if (options.limits == UserLimits::none) {
      for (const auto* name : {"RATE_LIMIT_REQUESTS", "RATE_LIMIT_BURST", "HOLDFAST_LIMIT_WAITING"}) {
        ::setenv(name, "0", 1);
      }
    }
    // Sanitizers multiply what a process holds: only tests about memory are to meet its limit.
    ::setenv("MEMORY_LIMIT", "16GB", 1);
    for (const auto& [name, value] : options.environment) ::setenv(name.c_str(), value.c_str(), 1);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(pipe[1]);
}

ServerProcess::~ServerProcess() {
  kill();
  ::close(output_);
  ::close(log_);
}

bool ServerProcess::wait_until_listening() {
  std::string output;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    pollfd waiting{.fd = output_, .events = POLLIN, .revents = 0};
    ::poll(&waiting, 1, 100);
    std::array<char, 4096> piece{};
    if ((waiting.revents & (POLLIN | POLLHUP)) == 0) continue;
    const auto length = ::read(output_, piece.data(), piece.size());
    if (length <= 0) return false;
    output.append(piece.data(), static_cast<std::size_t>(length));
    port_ = port_in(output);
    if (port_ != 0) return true;
  }
  return false;
}

bool ServerProcess::is_running() {
  if (status_) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
  return !status_;
}

void ServerProcess::send_signal(int number) const {
  if (!status_) ::kill(pid_, number);
}

std::optional<int> ServerProcess::wait() {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (is_running() && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(2ms);
  return status_;
}

void ServerProcess::kill() {
  if (!is_running()) return;
  ::kill(pid_, SIGKILL);
  wait();
}

std::string ServerProcess::log() const {
  std::string text;
  std::array<char, 4096> piece{};
  ssize_t length = 0;
  while ((length = ::pread(log_, piece.data(), piece.size(), static_cast<off_t>(text.size()))) > 0) {
    text.append(piece.data(), static_cast<std::size_t>(length));
  }
  return text;
}

}  // namespace holdfast::testing
