#include "tests/support/tree_watch.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

namespace holdfast::testing {
namespace {

using std::chrono::steady_clock;

// Of a process with more threads only the main one's children are seen: thousands of them must not slow the watch down.
constexpr std::size_t kMostThreads = 64;

/// A file of /proc; empty when its process has ended.
std::string_view read_file(const std::string& path, std::array<char, 16384>& buffer) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  std::size_t size = 0;
  ssize_t count = 0;
  while (size < buffer.size() && (count = ::read(fd, buffer.data() + size, buffer.size() - size)) > 0) {
    size += static_cast<std::size_t>(count);
  }
  ::close(fd);
  return {buffer.data(), size};
}

std::uint64_t number_after(std::string_view text, std::string_view key) {
  const auto at = text.find(key);
  if (at == std::string_view::npos) return 0;
  auto rest = text.substr(at + key.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  std::uint64_t number = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), number);
  return number;
}

void add_children(const std::string& thread, std::vector<int>& pids, std::array<char, 16384>& buffer) {
  auto rest = read_file(thread + "/children", buffer);
  while (!rest.empty()) {
    int pid = 0;
    const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), pid);
    if (parsed.ec != std::errc()) break;
    if (std::ranges::find(pids, pid) == pids.end()) pids.push_back(pid);
    rest.remove_prefix(std::min<std::size_t>(static_cast<std::size_t>(parsed.ptr - rest.data()) + 1, rest.size()));
  }
}

void add_children_of_threads(const std::string& process, std::vector<int>& pids, std::array<char, 16384>& buffer) {
  DIR* tasks = ::opendir((process + "/task").c_str());
  if (tasks == nullptr) return;
  for (const auto* entry = ::readdir(tasks); entry != nullptr; entry = ::readdir(tasks)) {
    if (entry->d_name[0] != '.') add_children(process + "/task/" + entry->d_name, pids, buffer);
  }
  ::closedir(tasks);
}

/// The program that a process runs; empty when it has ended.
std::string program_of(int pid) {
  std::array<char, 4096> path;
  const auto length = ::readlink(("/proc/" + std::to_string(pid) + "/exe").c_str(), path.data(), path.size());
  return length > 0 ? std::string(path.data(), static_cast<std::size_t>(length)) : std::string();
}

struct Look {
  std::uint64_t total = 0;
  std::uint64_t largest = 0;
  int largest_pid = 0;
};

Look look_at(int root, bool root_is_alone) {
  Look look;
  std::array<char, 16384> buffer;
  std::vector<int> pids{root};
  const auto root_program = root_is_alone ? program_of(root) : std::string();
  for (std::size_t i = 0; i < pids.size(); ++i) {
    if (root_is_alone && pids[i] != root && program_of(pids[i]) == root_program) continue;
    const auto process = "/proc/" + std::to_string(pids[i]);
    const auto status = read_file(process + "/status", buffer);
    const auto held = 1024 * (number_after(status, "\nRssAnon:") + number_after(status, "\nRssShmem:"));
    const auto threads = number_after(status, "\nThreads:");
    look.total += held;
    if (held > look.largest) std::tie(look.largest, look.largest_pid) = std::pair(held, pids[i]);
    if (threads > 1 && threads <= kMostThreads) {
      add_children_of_threads(process, pids, buffer);
    } else {
      add_children(process + "/task/" + std::to_string(pids[i]), pids, buffer);
    }
  }
  return look;
}

}  // namespace

std::vector<int> process_tree(int root) {
  std::array<char, 16384> buffer;
  std::vector<int> pids{root};
  for (std::size_t i = 0; i < pids.size(); ++i) {
    add_children_of_threads("/proc/" + std::to_string(pids[i]), pids, buffer);
  }
  return pids;
}

TreeWatch::TreeWatch(TreeWatchOptions options)
    : options_(std::move(options)), thread_([this](const std::stop_token& stop) { watch(stop); }) {}

TreeWatch::Seen TreeWatch::seen() const {
  const std::scoped_lock lock(mutex_);
  return seen_;
}

void TreeWatch::forget_peak() {
  const std::scoped_lock lock(mutex_);
  seen_.peak = seen_.now;
}

void TreeWatch::watch(const std::stop_token& stop) {
  auto last = steady_clock::now();
  for (auto next = last; !stop.stop_requested(); next = std::max(next + options_.period, steady_clock::now())) {
    std::this_thread::sleep_until(next);
    const auto begun = steady_clock::now();
    look();
    const std::scoped_lock lock(mutex_);
    const auto gap = std::chrono::duration_cast<std::chrono::microseconds>(begun - std::exchange(last, begun));
    seen_.longest_gap = std::max(seen_.longest_gap, gap);
  }
}

void TreeWatch::look() {
  const auto at = std::chrono::system_clock::now().time_since_epoch();
  const auto found = look_at(options_.root, options_.root_is_alone);
  const bool over = found.total > options_.limit;
  // One that has just been killed goes on holding what it had for a moment; a second signal changes nothing for it.
  if (over && options_.kills) ::kill(found.largest_pid, SIGKILL);
  {
    const std::scoped_lock lock(mutex_);
    seen_.now = found.total;
    seen_.peak = std::max(seen_.peak, found.total);
    ++seen_.looks;
    if (over) ++seen_.over_limit;
    if (over && options_.kills && std::exchange(last_killed_, found.largest_pid) != found.largest_pid) ++seen_.kills;
  }
  if (options_.trace) options_.trace(std::chrono::duration_cast<std::chrono::microseconds>(at).count(), found.total);
}

}  // namespace holdfast::testing
