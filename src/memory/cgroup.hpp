/// The memory cgroup that this process is in: its limits, what is charged to it, and what the kernel killed in it.
///
/// Ownership: a Cgroup is a value; it holds paths, and reads the kernel on every call, because limits change under a
/// running program (a container can be resized in place). Any thread.
/// Units: Bytes.
/// Invariants:
///   - Usage counts what the OOM killer counts and cannot take back; never page cache.
///   - A limit that cannot be read is an error, not "no limit": only `max` and a missing file mean that there is none.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "memory/kernel_files.hpp"

namespace holdfast::memory {

/// Where the memory controller is. A hybrid system (both mounted) is the one that has the controller.
enum class CgroupVersion : unsigned char { none, v1, v2 };

[[nodiscard]] std::string_view to_string(CgroupVersion version) noexcept;

struct CgroupLimit {
  Bytes limit;
  std::string group;  ///< Directory of the group that carries it: ours or one above.
};

struct CgroupUsage {
  Bytes hard;         ///< v2: anon + shmem + sock + kernel - slab_reclaimable; v1: total_rss + total_shmem.
  Bytes working_set;  ///< All that is charged, less inactive files: what `kubectl top` shows. For information.
};

class Cgroup {
 public:
  /// Reads /proc/self/cgroup and /proc/self/mountinfo. A system without either, or without a memory controller, has
  /// version none. Errors: those of KernelFiles but not_found, and data_loss for garbage.
  [[nodiscard]] static Result<Cgroup> discover(const KernelFiles& files);

  [[nodiscard]] CgroupVersion version() const noexcept { return version_; }

  /// Directories from our own group up to the mount's root; one at least, unless the version is none.
  [[nodiscard]] const std::vector<std::string>& groups() const noexcept { return groups_; }

  /// The smallest limit on the way up, and of two equal ones the upper, to which more is charged. One above what is
  /// visible, which v1 alone tells, is named by the uppermost visible group. None: no group has one.
  [[nodiscard]] Result<std::optional<CgroupLimit>> limit(const KernelFiles& files) const;

  /// What is charged to `group` and all groups below it. not_found: the group is gone.
  [[nodiscard]] Result<CgroupUsage> usage(const KernelFiles& files, const std::string& group) const;

  /// How often the kernel killed a process of our group for want of memory. not_found: a kernel that does not count.
  [[nodiscard]] Result<std::uint64_t> oom_kills(const KernelFiles& files) const;

 private:
  Cgroup() = default;
  Cgroup(CgroupVersion version, std::vector<std::string> groups) : version_(version), groups_(std::move(groups)) {}

  CgroupVersion version_ = CgroupVersion::none;
  std::vector<std::string> groups_;
};

}  // namespace holdfast::memory
