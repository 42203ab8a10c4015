#include "workers/strays.hpp"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace holdfast::workers {
namespace {

namespace fs = std::filesystem;

/// Empty when it cannot be read: the process may have just gone.
std::string read_proc(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<pid_t> own_children() {
  std::vector<pid_t> children;
  std::error_code ec;
  for (const auto& thread : fs::directory_iterator("/proc/self/task", ec)) {
    const auto text = read_proc(thread.path().string() + "/children");
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end) {
      pid_t pid = 0;
      const auto parsed = std::from_chars(at, end, pid);
      if (parsed.ec == std::errc()) children.push_back(pid);
      at = parsed.ptr + 1;
    }
  }
  return children;
}

bool has_ended(pid_t pid) {
  const auto stat = read_proc(fmt::format("/proc/{}/stat", pid));
  // The state follows the program's name, which is in parentheses and may hold any character.
  const auto name_end = stat.rfind(')');
  return name_end != std::string::npos && stat.substr(name_end, 3) == ") Z";
}

bool carries(std::string_view environment, std::string_view mark) {
  const auto wanted = fmt::format("HOLDFAST_WORKER={}", mark);
  std::size_t at = 0;
  while (at < environment.size()) {
    const auto end = std::min(environment.find('\0', at), environment.size());
    if (environment.substr(at, end - at) == wanted) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

void adopt_orphans() noexcept { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

int end_strays(std::string_view mark, const std::set<pid_t>& workers) {
  int left = 0;
  for (const auto pid : own_children()) {
    if (workers.contains(pid)) continue;
    if (has_ended(pid)) {
      ::waitpid(pid, nullptr, WNOHANG);
      continue;
    }
    // In the middle of an exec a process has no environment for a moment.
    const auto environment = read_proc(fmt::format("/proc/{}/environ", pid));
    const bool ours = carries(environment, mark);
    if (ours) ::kill(pid, SIGKILL);
    if (ours || environment.empty()) ++left;
  }
  return left;
}

}  // namespace holdfast::workers
