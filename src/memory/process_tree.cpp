#include "memory/process_tree.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "memory/kernel_text.hpp"

namespace holdfast::memory {
namespace {

using Children = std::vector<int>;

bool is_missing(const Error& error) { return error.code() == ErrorCode::not_found; }

Bytes operator+(Bytes left, Bytes right) { return Bytes(left.count() + right.count()); }

/// One walk. Lives for one call.
class Walk {
 public:
  Walk(const KernelFiles& files, int own_pid, std::span<const int> worker_pids) : files_(files), own_pid_(own_pid) {
    reading_.own = fail(ErrorCode::not_found, "our own process was not read");
    // Workers before us, so that each is reached as itself and not as a child of ours.
    for (const auto pid : worker_pids) {
      reading_.workers.emplace_back(WorkerMemory{.pid = pid});
      enter({.pid = pid, .worker = reading_.workers.size() - 1});
    }
    enter({.pid = own_pid, .worker = std::nullopt});
    roots_ = found_.size();
  }

  TreeMemory run() {
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (i == kMostProcesses) {
        spoil_all(Error(ErrorCode::resource_exhausted, fmt::format("more than {} processes", kMostProcesses)));
        break;
      }
      visit(found_[i], i < roots_);
    }
    for (const auto& found : found_) reading_.pids.push_back(found.pid);
    return std::move(reading_);
  }

 private:
  using Worker = std::optional<std::size_t>;
  struct Found {
    int pid;
    Worker worker;
    int parent = 0;        ///< 0 of a root.
    Bytes parent_vm_size;  ///< When it was found.
  };

  void enter(Found found) {
    if (seen_.insert(found.pid).second) found_.push_back(found);
  }

  // By value: what is found is put where it came from.
  void visit(Found found, bool is_root) {
    const auto [pid, worker, parent, parent_vm_size] = found;
    auto status = read_status(pid);
    if (pid == own_pid_) reading_.own = status;
    if (!status) {
      // Our own process exists, whatever its files say.
      const bool ended = is_missing(status.error()) && pid != own_pid_;
      if (worker && (is_root || !ended)) spoil(reading_.workers[*worker], status.error());
      if (!ended) spoil(reading_.resident, status.error());
      return;
    }
    // Asked only of one that looks so: a child of the same size.
    const bool is_parents = status->vm_size == parent_vm_size && parent != 0 && files_.share_memory(pid, parent);
    add(is_parents ? ProcessStatus{.threads = status->threads} : *status, worker);
    auto children = children_of(pid, status->threads);
    if (!children && !is_missing(children.error())) {
      if (worker) spoil(reading_.workers[*worker], children.error());
      spoil(reading_.resident, children.error());
    }
    if (!children) return;
    for (const auto child : *children) enter({child, worker, pid, status->vm_size});
  }

  void add(const ProcessStatus& status, Worker worker) {
    const auto resident = status.anonymous + status.shared;
    if (reading_.resident) *reading_.resident = *reading_.resident + resident;
    if (!worker || !reading_.workers[*worker]) return;
    auto& memory = *reading_.workers[*worker];
    memory.resident = memory.resident + resident;
    memory.file = memory.file + status.file;
    memory.vm_size = memory.vm_size + status.vm_size;
    memory.swap = memory.swap + status.swap;
    memory.threads += status.threads;
    ++memory.processes;
  }

  template <class T>
  static void spoil(Result<T>& result, const Error& error) {
    if (result) result = std::unexpected(error);
  }
  void spoil_all(const Error& error) {
    spoil(reading_.resident, error);
    for (auto& worker : reading_.workers) spoil(worker, error);
  }

  [[nodiscard]] Result<ProcessStatus> read_status(int pid) const {
    auto text = files_.read(fmt::format("/proc/{}/status", pid));
    if (!text) return fail(std::move(text));
    auto status = parse_process_status(*text);
    if (!status) return fail(std::move(status), fmt::format("process {}", pid));
    return status;
  }

  [[nodiscard]] Result<Children> children_of(int pid, std::uint64_t threads) {
    if (threads > kMostThreadsWalked) return children_by_parent(pid);
    auto children = children_of_thread(pid, pid);
    if (!children && is_missing(children.error())) {
      // The process has ended, or the kernel is built without these files.
      return read_status(pid) ? children_by_parent(pid) : children;
    }
    if (!children || threads <= 1) return children;
    auto tasks = files_.numbered_entries(fmt::format("/proc/{}/task", pid));
    if (!tasks) return fail(std::move(tasks));
    for (const auto thread : *tasks) {
      if (thread == pid) continue;
      auto more = children_of_thread(pid, thread);
      if (!more && is_missing(more.error())) continue;
      if (!more) return more;
      children->insert(children->end(), more->begin(), more->end());
    }
    return children;
  }

  [[nodiscard]] Result<Children> children_of_thread(int pid, int thread) const {
    const auto text = files_.read(fmt::format("/proc/{}/task/{}/children", pid, thread));
    if (!text) return std::unexpected(text.error());
    Children children;
    std::string_view rest = *text;
    while (!rest.empty()) {
      const auto end = rest.find_first_of(" \n");
      const auto word = rest.substr(0, end);
      const auto number = parse_number(word);
      if (!number && !word.empty()) return fail(ErrorCode::data_loss, fmt::format("children of process {}", pid));
      if (number) children.push_back(static_cast<int>(*number));
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
    return children;
  }

  /// By asking every process of the machine for its parent, once a walk.
  [[nodiscard]] Result<Children> children_by_parent(int pid) {
    if (!by_parent_) {
      auto all = files_.numbered_entries("/proc");
      if (!all) return fail(ErrorCode::unavailable, "list processes: " + all.error().message());
      by_parent_.emplace();
      for (const auto other : *all) {
        if (const auto status = read_status(other)) (*by_parent_)[status->parent].push_back(other);
      }
    }
    return (*by_parent_)[pid];
  }

  const KernelFiles& files_;
  int own_pid_;
  TreeMemory reading_;
  std::vector<Found> found_;
  std::unordered_set<int> seen_;
  std::size_t roots_ = 0;
  std::optional<std::unordered_map<int, Children>> by_parent_;
};

}  // namespace

TreeMemory read_process_tree(const KernelFiles& files, int own_pid, std::span<const int> worker_pids) {
  return Walk(files, own_pid, worker_pids).run();
}

}  // namespace holdfast::memory
