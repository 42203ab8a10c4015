/// A directory with the files of /proc and /sys/fs/cgroup that a test puts there.
#pragma once

#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::memory {

class FixtureTree {
 public:
  using Files = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  FixtureTree() = default;
  explicit FixtureTree(Files files) { put(files); }

  /// Writes files, each at an absolute path as on a real machine; over those that are there.
  void put(Files files) const {
    for (const auto& [path, content] : files) put(path, content);
  }
  void put(std::string_view path, std::string_view content) const {
    const auto full = at(path);
    std::filesystem::create_directories(full.parent_path());
    std::ofstream file(full, std::ios::trunc);
    file << content;
    HOLDFAST_CHECK(file.good(), "a fixture can be written");
  }

  /// A process as the kernel prints it. `children` are numbers with a blank after each.
  struct Process {
    int pid = 0;
    int parent = 0;
    unsigned anonymous_kb = 0;
    unsigned file_kb = 0;
    unsigned shared_kb = 0;
    unsigned vm_size_kb = 0;
    unsigned swap_kb = 0;
    std::string children;
  };
  void put(const Process& process) const {
    const auto proc = "/proc/" + std::to_string(process.pid);
    const auto kb = [](unsigned size) { return "\t" + std::to_string(size) + " kB\n"; };
    put(proc + "/status", "Name:\tworker\nState:\tS (sleeping)\nPid:\t" + std::to_string(process.pid) + "\nPPid:\t" +
                              std::to_string(process.parent) + "\nVmSize:" + kb(process.vm_size_kb) +
                              "VmRSS:" + kb(process.anonymous_kb + process.file_kb + process.shared_kb) +
                              "RssAnon:" + kb(process.anonymous_kb) + "RssFile:" + kb(process.file_kb) +
                              "RssShmem:" + kb(process.shared_kb) + "VmSwap:" + kb(process.swap_kb) + "Threads:\t1\n");
    put(proc + "/task/" + std::to_string(process.pid) + "/children", process.children);
  }

  void remove(std::string_view path) const { std::filesystem::remove_all(at(path)); }

  /// There, and cannot be read by anybody, root included: a directory in the place of the file.
  void make_unreadable(std::string_view path) const {
    remove(path);
    std::filesystem::create_directories(at(path));
  }

  [[nodiscard]] const std::string& root() const noexcept { return directory_.path(); }

 private:
  [[nodiscard]] std::filesystem::path at(std::string_view path) const { return root() + std::string(path); }

  testing::TemporaryDirectory directory_;
};

}  // namespace holdfast::memory
