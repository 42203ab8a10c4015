#include "agent_host.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

namespace holdfast::workers {

AgentConfig AgentHost::default_config() {
  AgentConfig config;
  config.library = HOLDFAST_AGENT_LIBRARY;
  config.node_script = HOLDFAST_AGENT_SCRIPT;
  return config;
}

AgentHost::AgentHost(std::vector<std::string> command, const std::vector<std::string>& environment,
                     const AgentConfig& config)
    : link_(AgentLink::make(config).value()) {
  if (config.profiles) link_->leave_profiles_at(directory_ / "profile");
  std::vector<std::string> all;
  std::vector<std::string_view> known;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!std::string_view(*entry).starts_with("LD_PRELOAD=")) known.emplace_back(*entry);
  }
  for (const auto& entry : environment) known.emplace_back(entry);
  for (auto& entry : link_->entries(known)) all.push_back(std::move(entry));
  for (const auto entry : known) all.emplace_back(entry);

  std::vector<char*> arguments;
  std::vector<char*> variables;
  for (auto& word : command) arguments.push_back(word.data());
  for (auto& entry : all) variables.push_back(entry.data());
  arguments.push_back(nullptr);
  variables.push_back(nullptr);
  int in[2];
  int out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) std::abort();
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setpgid(0, 0);
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    for (int fd = 3; fd < 1024; ++fd) ::fcntl(fd, F_SETFD, FD_CLOEXEC);
    ::execvpe(arguments[0], arguments.data(), variables.data());
    ::_exit(127);
  }
  ::setpgid(pid_, pid_);
  ::close(in[0]);
  ::close(out[1]);
  input_ = in[1];
  output_ = out[0];
}

AgentHost::~AgentHost() {
  close_input();
  ::kill(-pid_, SIGKILL);
  if (!waited_) ::waitpid(pid_, nullptr, 0);
  ::close(output_);
}

std::unique_ptr<AgentHost> AgentHost::python(const std::string& mode, const std::vector<std::string>& environment) {
  const char* chosen = std::getenv("HOLDFAST_TEST_PYTHON");
  const std::string python = chosen != nullptr ? chosen : "/usr/bin/python3";
  return std::make_unique<AgentHost>(std::vector<std::string>{python, HOLDFAST_PYTHON_HOST, mode}, environment);
}

std::unique_ptr<AgentHost> AgentHost::node(const std::string& mode, const std::vector<std::string>& environment) {
  return std::make_unique<AgentHost>(std::vector<std::string>{"node", HOLDFAST_NODE_HOST, mode}, environment);
}

std::unique_ptr<AgentHost> AgentHost::native(const std::string& mode, const std::vector<std::string>& environment) {
  return std::make_unique<AgentHost>(std::vector<std::string>{HOLDFAST_NATIVE_HOST, mode}, environment);
}

std::string AgentHost::line() {
  std::string text;
  char c = 0;
  while (::read(output_, &c, 1) == 1 && c != '\n') text += c;
  return text;
}

void AgentHost::wait_ready() {
  while (true) {
    const auto said = line();
    if (said == "ready") return;
    ASSERT_FALSE(said.empty()) << "the program has ended";
  }
}

std::string AgentHost::profile() const {
  std::ifstream file(directory_ / "profile");
  return {std::istreambuf_iterator<char>(file), {}};
}

void AgentHost::type(const std::string& text) const {
  ASSERT_EQ(::write(input_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

void AgentHost::close_input() {
  if (input_ >= 0) ::close(input_);
  input_ = -1;
}

memory::AgentFigures AgentHost::figures(const Fits& fits, std::chrono::milliseconds patience) {
  const auto deadline = system_clock().steady() + patience;
  std::string last;
  while (system_clock().steady() < deadline) {
    const auto read = link_->figures(system_clock().steady());
    if (read && (!fits || fits(*read))) return *read;
    last = read ? "they do not fit" : read.error().message();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ADD_FAILURE() << "no figures: " << last;
  return {};
}

Result<memory::AgentAnswer> AgentHost::ask(agent::Command command, std::chrono::milliseconds patience) {
  std::optional<Result<memory::AgentAnswer>> answer;
  const auto deadline = system_clock().steady() + patience;
  spawn(io_.get_executor(), "ask",
        [&]() -> awaitable<void> { answer = co_await AgentLink::ask(link_, command, deadline); });
  io_.restart();
  io_.run();
  return std::move(*answer);
}

bool AgentHost::runs() const { return ::kill(pid_, 0) == 0; }

void AgentHost::kill(int number) const { ::kill(pid_, number); }

int AgentHost::wait() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  waited_ = true;
  return status;
}

std::uint64_t resident_bytes(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  file >> size >> resident;
  return resident * 4096;
}

std::vector<std::string> thread_names(pid_t pid) {
  std::vector<std::string> names;
  std::error_code ec;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", ec)) {
    std::ifstream file(entry.path() / "comm");
    std::string name;
    std::getline(file, name);
    names.push_back(name);
  }
  return names;
}

}  // namespace holdfast::workers
