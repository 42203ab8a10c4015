#include "memory/cgroup_paths.hpp"

#include <algorithm>
#include <ranges>

#include "memory/kernel_text.hpp"

namespace holdfast::memory {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool names_memory(std::string_view list) {
  const auto names = split(list, ',');
  return std::ranges::find(names, "memory") != names.end();
}

bool is_octal(char digit) { return digit >= '0' && digit <= '7'; }

// The kernel writes blanks in mountinfo as \040.
std::string unescape(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && std::ranges::all_of(text.substr(i + 1, 3), is_octal)) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

/// What is left of `group` below `root`: "" or "/…". None when it is not below it.
std::optional<std::string_view> below(std::string_view group, std::string_view root) {
  if (root == "/") return group == "/" ? "" : group;
  if (!group.starts_with(root)) return std::nullopt;
  group.remove_prefix(root.size());
  if (!group.empty() && group.front() != '/') return std::nullopt;
  return group;
}

}  // namespace

Result<Membership> parse_membership(std::string_view cgroup_file) {
  Membership membership;
  bool garbage = false;
  for_each_line(cgroup_file, [&](std::string_view line) {
    if (line.empty()) return;
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) {
      garbage = true;
      return;
    }
    const auto controllers = line.substr(first + 1, second - first - 1);
    // A group that was deleted around us is marked so; its files are gone, those above it count.
    auto path = line.substr(second + 1);
    if (path.ends_with(" (deleted)")) path.remove_suffix(std::string_view(" (deleted)").size());
    if (names_memory(controllers)) membership.v1_memory = path;
    if (controllers.empty() && line.starts_with("0:")) membership.v2 = path;
  });
  if (garbage) return fail(ErrorCode::data_loss, "a line of /proc/self/cgroup without its fields");
  return membership;
}

Result<CgroupMounts> parse_cgroup_mounts(std::string_view mountinfo) {
  CgroupMounts mounts;
  bool garbage = false;
  for_each_line(mountinfo, [&](std::string_view line) {
    if (line.empty()) return;
    const auto fields = split(line, ' ');
    // Any number of optional fields ends with a dash: … - TYPE SOURCE OPTIONS.
    const auto dash = std::ranges::find(fields, "-");
    if (fields.size() < 10 || fields.end() - dash < 4) {
      garbage = true;
      return;
    }
    CgroupMount mount{unescape(fields[3]), unescape(fields[4])};
    if (dash[1] == "cgroup2")
      mounts.v2.push_back(std::move(mount));
    else if (dash[1] == "cgroup" && names_memory(dash[3]))
      mounts.v1_memory.push_back(std::move(mount));
  });
  if (garbage) return fail(ErrorCode::data_loss, "a line of /proc/self/mountinfo without its fields");
  return mounts;
}

std::vector<std::string> visible_groups(const std::vector<CgroupMount>& mounts, std::string_view group) {
  if (mounts.empty()) return {};
  const auto* best = &mounts.front();
  std::string_view rest;
  std::size_t longest = 0;
  for (const auto& mount : mounts) {
    const auto found = below(group, mount.root);
    if (!found || mount.root.size() <= longest) continue;
    best = &mount;
    rest = *found;
    longest = mount.root.size();
  }
  // "/.." begins the path of a group above the root of our namespace: not to be followed out of the mount.
  if (rest.contains("/..")) rest = {};
  std::vector<std::string> groups;
  while (!rest.empty()) {
    groups.push_back(best->point + std::string(rest));
    rest = rest.substr(0, rest.rfind('/'));
  }
  groups.push_back(best->point);
  return groups;
}

}  // namespace holdfast::memory
