/// An eye on the memory of a process and all below it, apart from what Holdfast says of itself: how much they hold, the
/// most they ever held, and, where it is told to, the kernel's part: when they pass the limit, the largest of them
/// dies.
///
/// Ownership: one thread, ended by the destructor. All functions: any thread.
/// Units: bytes of RssAnon + RssShmem, what the kernel cannot take back. Pages shared by processes count in each.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace holdfast::testing {

/// The process and all below it, as they are now, those that have ended and wait to be reaped among them.
[[nodiscard]] std::vector<int> process_tree(int root);

struct TreeWatchOptions {
  int root = 0;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  /// Whatever the root starts is another program. So a child that still runs the root's is on its way to that, and
  /// holds nothing but the root's own memory, which a kernel charges once.
  bool root_is_alone = false;
  bool kills = false;  ///< SIGKILL for the largest process whenever the tree passes the limit.
  /// A backend that takes 1.5 GB/s takes 8 MB between two looks.
  std::chrono::milliseconds period{5};
  /// Told every look: the time on the system clock in microseconds, and the bytes. On the watching thread.
  std::function<void(std::int64_t, std::uint64_t)> trace;
};

class TreeWatch {
 public:
  struct Seen {
    std::uint64_t now = 0;
    std::uint64_t peak = 0;
    std::uint64_t looks = 0;
    std::uint64_t over_limit = 0;  ///< Looks at which the tree was over its limit.
    std::uint64_t kills = 0;
    std::chrono::microseconds longest_gap{0};  ///< Between two looks: what may have passed unseen.
  };

  explicit TreeWatch(TreeWatchOptions options);
  ~TreeWatch() = default;
  TreeWatch(const TreeWatch&) = delete;
  TreeWatch& operator=(const TreeWatch&) = delete;

  [[nodiscard]] Seen seen() const;

  /// The peak begins anew.
  void forget_peak();

 private:
  void watch(const std::stop_token& stop);
  void look();

  TreeWatchOptions options_;
  mutable std::mutex mutex_;
  Seen seen_;
  int last_killed_ = 0;  ///< Of the watching thread.
  std::jthread thread_;  ///< Last: it ends before what it uses.
};

}  // namespace holdfast::testing
