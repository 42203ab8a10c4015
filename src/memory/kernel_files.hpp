/// Reads what the kernel tells in /proc and /sys/fs/cgroup, under a root that a test can choose.
///
/// Three outcomes that must never be mixed: the text; not_found, there is no such file (or process, or the kernel has
/// the matter switched off); anything else, there is something that could not be read. None of them is zero.
/// Any thread; blocks for microseconds only, these files are in memory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace holdfast::memory {

/// The longest are mountinfo and memory.numa_stat on large machines, tens of kilobytes. A file past this is not what we
/// think it is.
inline constexpr std::size_t kMostKernelText = std::size_t{1} << 20;

class KernelFiles {
 public:
  /// `root` is "" in production; a directory with proc/ and sys/ in it elsewhere.
  explicit KernelFiles(std::string root) : root_(std::move(root)) {}

  /// The whole file at the absolute `path`.
  /// not_found: no such file, or the process has ended.
  /// unavailable: it is there and cannot be read.
  /// data_loss: longer than kMostKernelText.
  [[nodiscard]] Result<std::string> read(std::string_view path) const;

  /// The entries of a directory whose names are numbers (processes, threads), in no order. Errors as above.
  [[nodiscard]] Result<std::vector<int>> numbered_entries(std::string_view path) const;

  /// Whether two processes have one address space, as a child has between vfork() and exec(). False when the kernel
  /// does not say, and under another root.
  [[nodiscard]] bool share_memory(int pid, int other) const noexcept;

 private:
  std::string root_;
};

}  // namespace holdfast::memory
