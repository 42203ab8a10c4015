#include "tests/support/service_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>

#include "base/check.hpp"

namespace holdfast::testing {
namespace {

constexpr const char* kServiceUser = "postgres";

const passwd& service_user() {
  static const passwd* found = ::getpwnam(kServiceUser);
  HOLDFAST_CHECK(found != nullptr, "the package postgresql-15 is installed");
  return *found;
}

[[noreturn]] void become(const std::vector<char*>& arguments, int output, uid_t user, gid_t group, bool changes_user) {
  if (changes_user && (::setgroups(0, nullptr) != 0 || ::setgid(group) != 0 || ::setuid(user) != 0)) ::_exit(126);
  // After the change of user, which would take it back.
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execv(arguments.front(), arguments.data());
  ::_exit(127);
}

pid_t spawn(const std::vector<std::string>& command, const std::string& output_file) {
  const bool changes_user = ::geteuid() == 0;
  const uid_t user = changes_user ? service_user().pw_uid : ::geteuid();
  const gid_t group = changes_user ? service_user().pw_gid : ::getegid();
  std::vector<std::string> copies = command;
  std::vector<char*> arguments;
  for (auto& argument : copies) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  const int output = ::open(output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  HOLDFAST_CHECK(output >= 0, "the output file can be written");
  const pid_t pid = ::fork();
  if (pid == 0) become(arguments, output, user, group, changes_user);
  ::close(output);
  HOLDFAST_CHECK(pid > 0, "a process can be started");
  return pid;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool can_be_bound(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return bound;
}

}  // namespace

void ServiceProcess::start(const std::vector<std::string>& command, const std::string& output_file) {
  HOLDFAST_CHECK(!running(), "the process is not running yet");
  pid_ = spawn(command, output_file);
}

void ServiceProcess::stop(int signal) {
  if (!running()) return;
  send(signal);
  wait_for(pid_);
  pid_ = 0;
}

void ServiceProcess::send(int signal) const { ::kill(pid_, signal); }

int run_service(const std::vector<std::string>& command, const std::string& output_file) {
  return wait_for(spawn(command, output_file));
}

void give_to_service_user(const std::string& path) {
  if (::geteuid() != 0) return;
  HOLDFAST_CHECK(::chown(path.c_str(), service_user().pw_uid, service_user().pw_gid) == 0, "root may give files away");
}

// Below the range from which the system takes ports for outgoing connections.
int free_loopback_port() {
  std::random_device random;
  while (true) {
    const int port = 20'000 + static_cast<int>(random() % 12'000);
    if (can_be_bound(port)) return port;
  }
}

}  // namespace holdfast::testing
