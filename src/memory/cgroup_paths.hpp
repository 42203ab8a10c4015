/// Finds the directories of our memory cgroup from what /proc/self/cgroup and /proc/self/mountinfo say. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace holdfast::memory {

struct Membership {
  std::optional<std::string> v1_memory;  ///< Our group in the v1 memory hierarchy.
  std::optional<std::string> v2;         ///< Our group in the unified hierarchy.
};

/// data_loss: a line without two colons.
[[nodiscard]] Result<Membership> parse_membership(std::string_view cgroup_file);

struct CgroupMount {
  std::string root;   ///< The group that is seen at `point`; "/" unless a container mounts a part only.
  std::string point;  ///< A directory.
};

struct CgroupMounts {
  std::vector<CgroupMount> v1_memory;
  std::vector<CgroupMount> v2;
};

/// data_loss: a line without the fields that proc(5) promises.
[[nodiscard]] Result<CgroupMounts> parse_cgroup_mounts(std::string_view mountinfo);

/// The directories of `group` and of all groups above it that can be seen, ours first, the mount point last. A group
/// that is not below any mount's root (a container whose own group cannot be seen) is taken to be the first mount's
/// root. Empty: no mount.
[[nodiscard]] std::vector<std::string> visible_groups(const std::vector<CgroupMount>& mounts, std::string_view group);

}  // namespace holdfast::memory
