#include "workers/account.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

namespace holdfast::workers {
namespace {

// An entry of /etc/passwd or /etc/group fits many times; one from a directory service with a thousand members too.
constexpr std::size_t kEntrySize = 64 * 1024;

struct User {
  uid_t id = 0;
  gid_t group = 0;
  std::string name;
  std::string home;
};

template <class Id>
std::optional<Id> number_of(const std::string& text) {
  Id id = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), id);
  // The largest means "unchanged" to the kernel.
  const bool whole = ec == std::errc() && end == text.data() + text.size() && id != static_cast<Id>(-1);
  return whole ? std::optional(id) : std::nullopt;
}

std::unexpected<Error> unknown(std::string_view setting, const std::string& name, int error_number) {
  if (error_number != 0) {
    return fail_errno(ErrorCode::invalid_argument, fmt::format("look up {} \"{}\"", setting, name), error_number);
  }
  return fail(
      ErrorCode::invalid_argument,
      fmt::format("{}: there is no \"{}\" on this machine; `getent passwd` and `getent group` list what there is",
                  setting, name));
}

Result<User> find_user(const std::string& name) {
  std::string buffer(kEntrySize, '\0');
  passwd entry{};
  passwd* found = nullptr;
  const auto id = number_of<uid_t>(name);
  const int failed = id ? ::getpwuid_r(*id, &entry, buffer.data(), buffer.size(), &found)
                        : ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return User{found->pw_uid, found->pw_gid, found->pw_name, found->pw_dir};
  // A number without an entry is a user all the same, with no group but its own number.
  if (id) return User{*id, static_cast<gid_t>(*id), "", ""};
  return unknown("worker.user", name, failed);
}

Result<gid_t> find_group(const std::string& name) {
  if (const auto id = number_of<gid_t>(name)) return *id;
  std::string buffer(kEntrySize, '\0');
  group entry{};
  group* found = nullptr;
  const int failed = ::getgrnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found != nullptr) return found->gr_gid;
  return unknown("worker.group", name, failed);
}

std::vector<gid_t> groups_of(const User& user, gid_t main_group) {
  if (user.name.empty()) return {main_group};
  int count = 64;
  std::vector<gid_t> groups(static_cast<std::size_t>(count));
  if (::getgrouplist(user.name.c_str(), main_group, groups.data(), &count) < 0) {
    groups.resize(static_cast<std::size_t>(count));
    ::getgrouplist(user.name.c_str(), main_group, groups.data(), &count);
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

}  // namespace

Result<std::optional<Account>> find_account(const std::string& user, const std::string& group) {
  if (user.empty() && group.empty()) return std::nullopt;
  auto found = find_user(user.empty() ? fmt::to_string(::geteuid()) : user);
  if (!found) return std::unexpected(found.error());
  if (!group.empty()) {
    const auto other = find_group(group);
    if (!other) return std::unexpected(other.error());
    found->group = *other;
  }
  if (found->id == ::geteuid() && found->group == ::getegid()) return std::nullopt;
  if (::geteuid() != 0) {
    return fail(
        ErrorCode::failed_precondition,
        fmt::format("only root may run workers as another user or group, and this is user {}: start Holdfast as "
                    "root, or leave worker.user and worker.group empty",
                    ::geteuid()));
  }
  Account account{found->id, found->group, groups_of(*found, found->group), {}};
  if (!found->name.empty()) {
    account.environment = {"HOME=" + found->home, "USER=" + found->name, "LOGNAME=" + found->name};
  }
  return account;
}

}  // namespace holdfast::workers
