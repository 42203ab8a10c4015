#include "app/succession.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "app/open_files.hpp"

namespace holdfast::app {
namespace {

constexpr int kFirstHandedOver = 3;

// "NAME\0--flag\0value\0", as the kernel keeps it.
std::vector<std::string> own_arguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::vector<std::string> arguments;
  for (std::string argument; std::getline(file, argument, '\0');) arguments.push_back(argument);
  return arguments;
}

// A program that was replaced since it started is told by the kernel as "PATH (deleted)".
std::string own_program() {
  constexpr std::string_view kReplaced = " (deleted)";
  std::error_code ec;
  auto path = std::filesystem::read_symlink("/proc/self/exe", ec).string();
  if (path.ends_with(kReplaced)) path.resize(path.size() - kReplaced.size());
  return path;
}

}  // namespace

Result<std::optional<int>> inherited_socket() {
  const char* pid = std::getenv("LISTEN_PID");
  const char* count = std::getenv("LISTEN_FDS");
  const bool for_us = pid && count && std::to_string(::getpid()) == pid;
  const std::string handed_over = for_us ? count : "0";
  for (const auto* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  if (handed_over == "0") return std::nullopt;
  if (handed_over != "1") {
    return fail(ErrorCode::invalid_argument,
                "LISTEN_FDS=" + handed_over + ": the server takes one listening socket; leave one in the socket unit");
  }
  return kFirstHandedOver;
}

Result<void> check_successor() {
  const auto program = own_program();
  if (::access(program.c_str(), X_OK) == 0) return {};
  return fail_errno(ErrorCode::unavailable, "start " + program, errno);
}

Error become_successor(int socket) {
  const auto failed = [](std::string_view what) { return fail_errno(ErrorCode::unavailable, what, errno).error(); };
  auto arguments = own_arguments();
  const auto program = own_program();
  const auto starting = "start " + program;
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  // A descriptor that dup2() makes stays open on exec. One that is in its place already has to be told.
  const bool placed =
      socket == kFirstHandedOver ? ::fcntl(socket, F_SETFD, 0) == 0 : ::dup2(socket, kFirstHandedOver) >= 0;
  if (!placed) return failed("hand the socket over");
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  ::setenv("LISTEN_FDS", "1", 1);
  restore_open_files();
  ::execv(program.c_str(), argv.data());
  return failed(starting);
}

}  // namespace holdfast::app
