#include "memory/cgroup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "memory/cgroup_paths.hpp"
#include "memory/kernel_text.hpp"

namespace holdfast::memory {
namespace {

// v1 writes "no limit" as the largest count of pages, which depends on their size. No machine has 2^62 bytes.
constexpr std::uint64_t kNoLimitV1 = std::uint64_t{1} << 62;

/// A file that is missing is an empty text.
Result<std::string> read_if_there(const KernelFiles& files, std::string_view path) {
  auto text = files.read(path);
  if (!text && text.error().code() == ErrorCode::not_found) return std::string();
  return text;
}

Result<std::optional<Bytes>> parse_limit(std::string_view text, CgroupVersion version) {
  if (version == CgroupVersion::v2 && trim(text) == "max") return std::nullopt;
  const auto number = parse_number(text);
  if (!number) return fail(ErrorCode::data_loss, "not a limit");
  if (version == CgroupVersion::v1 && *number >= kNoLimitV1) return std::nullopt;
  return Bytes(*number);
}

Result<std::uint64_t> sum_of(std::string_view stat, std::initializer_list<std::string_view> keys) {
  std::uint64_t sum = 0;
  for (const auto key : keys) {
    auto number = number_of(stat, key);
    if (!number) return fail(std::move(number));
    sum += *number;
  }
  return sum;
}

// `kernel` came with Linux 5.18; before it, its parts.
Result<std::uint64_t> kernel_memory(std::string_view stat) {
  if (value_of(stat, "kernel ")) return number_of(stat, "kernel ");
  auto parts = sum_of(stat, {"kernel_stack ", "slab "});
  if (!parts) return parts;
  for (const std::string_view younger : {"pagetables ", "percpu "}) {
    if (!value_of(stat, younger)) continue;
    auto part = number_of(stat, younger);
    if (!part) return part;
    *parts += *part;
  }
  return parts;
}

Result<std::uint64_t> hard_usage(std::string_view stat, CgroupVersion version) {
  if (version == CgroupVersion::v1) return sum_of(stat, {"total_rss ", "total_shmem "});
  auto held = sum_of(stat, {"anon ", "shmem ", "sock "});
  if (!held) return held;
  auto kernel = kernel_memory(stat);
  if (!kernel) return kernel;
  auto reclaimable = number_of(stat, "slab_reclaimable ");
  if (!reclaimable) return reclaimable;
  // The counters are read one after the other: the part can be larger than the whole for a moment.
  return *held + *kernel - std::min(*kernel, *reclaimable);
}

// Of a v1 group and all above it, the visible and the others. None: there is none, or the kernel does not tell.
Result<std::optional<Bytes>> hierarchical_limit(const KernelFiles& files, const std::string& group) {
  constexpr std::string_view kKey = "hierarchical_memory_limit ";
  auto stat = read_if_there(files, group + "/memory.stat");
  if (!stat) return fail(std::move(stat));
  if (!value_of(*stat, kKey)) return std::nullopt;
  auto limit = number_of(*stat, kKey);
  if (!limit) return fail(std::move(limit), group + "/memory.stat");
  if (*limit >= kNoLimitV1) return std::nullopt;
  return Bytes(*limit);
}

}  // namespace

std::string_view to_string(CgroupVersion version) noexcept {
  switch (version) {
    case CgroupVersion::none: return "none";
    case CgroupVersion::v1: return "v1";
    case CgroupVersion::v2: return "v2";
  }
  std::unreachable();
}

Result<Cgroup> Cgroup::discover(const KernelFiles& files) {
  auto membership_text = read_if_there(files, "/proc/self/cgroup");
  if (!membership_text) return fail(std::move(membership_text), "find memory cgroup");
  auto mounts_text = read_if_there(files, "/proc/self/mountinfo");
  if (!mounts_text) return fail(std::move(mounts_text), "find memory cgroup");
  auto membership = parse_membership(*membership_text);
  if (!membership) return fail(std::move(membership), "find memory cgroup");
  auto mounts = parse_cgroup_mounts(*mounts_text);
  if (!mounts) return fail(std::move(mounts), "find memory cgroup");

  const auto& [v1_memory, v2] = *membership;
  if (v1_memory && !mounts->v1_memory.empty()) {
    return Cgroup(CgroupVersion::v1, visible_groups(mounts->v1_memory, *v1_memory));
  }
  // A controller that v1 has is not in v2, even where v2 is mounted beside it and v1 cannot be seen.
  if (v1_memory || !v2 || mounts->v2.empty()) return Cgroup();
  return Cgroup(CgroupVersion::v2, visible_groups(mounts->v2, *v2));
}

Result<std::optional<CgroupLimit>> Cgroup::limit(const KernelFiles& files) const {
  const auto* name = version_ == CgroupVersion::v1 ? "/memory.limit_in_bytes" : "/memory.max";
  std::optional<CgroupLimit> smallest;
  for (const auto& group : groups_) {
    auto text = files.read(group + name);
    // The root of v2 has no such file, nor has a group without the controller.
    if (!text && text.error().code() == ErrorCode::not_found) continue;
    if (!text) return fail(std::move(text), "read memory limit");
    auto limit = parse_limit(*text, version_);
    if (!limit) return fail(std::move(limit), group + name);
    const auto found = *limit;
    if (found && (!smallest || *found <= smallest->limit)) smallest = CgroupLimit{*found, group};
  }
  if (version_ != CgroupVersion::v1) return smallest;
  // A container sees its own group as the root, and here alone what is set above it.
  auto above = hierarchical_limit(files, groups_.back());
  if (!above) return fail(std::move(above), "read memory limit");
  const auto found = *above;
  if (found && (!smallest || *found < smallest->limit)) smallest = CgroupLimit{*found, groups_.back()};
  return smallest;
}

Result<CgroupUsage> Cgroup::usage(const KernelFiles& files, const std::string& group) const {
  if (version_ == CgroupVersion::none) return fail(ErrorCode::not_found, "no memory cgroup");
  const bool first = version_ == CgroupVersion::v1;
  auto stat = files.read(group + "/memory.stat");
  if (!stat) return fail(std::move(stat), "read memory use of cgroup");
  auto hard = hard_usage(*stat, version_);
  if (!hard) return fail(std::move(hard), group + "/memory.stat");
  auto inactive = number_of(*stat, first ? "total_inactive_file " : "inactive_file ");
  if (!inactive) return fail(std::move(inactive), group + "/memory.stat");
  const auto current_path = group + (first ? "/memory.usage_in_bytes" : "/memory.current");
  auto current_text = files.read(current_path);
  if (!current_text) return fail(std::move(current_text), "read memory use of cgroup");
  const auto current = parse_number(*current_text);
  if (!current) return fail(ErrorCode::data_loss, current_path + ": not a number");
  return CgroupUsage{Bytes(*hard), Bytes(*current - std::min(*current, *inactive))};
}

Result<std::uint64_t> Cgroup::oom_kills(const KernelFiles& files) const {
  const auto* name = version_ == CgroupVersion::v1 ? "/memory.oom_control" : "/memory.events";
  for (const auto& group : groups_) {
    auto text = files.read(group + name);
    if (!text && text.error().code() == ErrorCode::not_found) continue;
    if (!text) return fail(std::move(text), "read OOM kills");
    if (!value_of(*text, "oom_kill ")) break;
    auto count = number_of(*text, "oom_kill ");
    if (!count) return fail(std::move(count), group + name);
    return count;
  }
  return fail(ErrorCode::not_found, "no count of OOM kills");
}

}  // namespace holdfast::memory
