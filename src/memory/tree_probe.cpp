#include "memory/tree_probe.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace holdfast::memory {
namespace {

// Past it the tree is not walked further: a program that starts processes without end must not stop the event loop.
constexpr std::size_t kMostProcesses = 512;

std::optional<std::string> read_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::string text;
  std::array<char, 4096> piece{};
  ssize_t length = 0;
  while ((length = ::read(fd, piece.data(), piece.size())) > 0) {
    text.append(piece.data(), static_cast<std::size_t>(length));
  }
  ::close(fd);
  if (length < 0) return std::nullopt;
  return text;
}

std::uint64_t number_at(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// "RssAnon:	   14212 kB"; 0 where the kernel leaves the line out, as for a process that has just ended.
Bytes kilobytes_of(std::string_view status, std::string_view key) {
  const auto found = status.find(key);
  return found == std::string_view::npos ? Bytes() : Bytes(number_at(status.substr(found + key.size())) * 1024);
}

void append_numbers(std::vector<int>& out, std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(" \n"), text.size());
    if (end > 0) out.push_back(static_cast<int>(number_at(text.substr(0, end))));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// Children belong to the thread that started them.
void append_children(std::vector<int>& out, const std::string& proc, int pid) {
  const auto tasks = fmt::format("{}/{}/task", proc, pid);
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(tasks.c_str()), ::closedir);
  if (!directory) return;
  while (const auto* entry = ::readdir(directory.get())) {
    const std::string_view name(entry->d_name);
    if (name.starts_with('.')) continue;
    if (const auto children = read_file(fmt::format("{}/{}/children", tasks, name))) append_numbers(out, *children);
  }
}

}  // namespace

Result<Bytes> read_tree_memory(const std::string& proc, int root_pid) {
  std::vector<int> tree{root_pid};
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < tree.size() && i < kMostProcesses; ++i) {
    const auto status = read_file(fmt::format("{}/{}/status", proc, tree[i]));
    if (!status && i == 0) return fail(ErrorCode::unavailable, fmt::format("{}/{} cannot be read", proc, root_pid));
    if (!status) continue;
    total += kilobytes_of(*status, "RssAnon:").count() + kilobytes_of(*status, "RssShmem:").count();
    append_children(tree, proc, tree[i]);
  }
  return Bytes(total);
}

}  // namespace holdfast::memory
