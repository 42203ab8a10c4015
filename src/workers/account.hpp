/// The user and groups of the operating system that workers run as. Looked up once, before the first start.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace holdfast::workers {

struct Account {
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;             ///< Supplementary ones, `group` among them.
  std::vector<std::string> environment;  ///< HOME, USER and LOGNAME of the user, as "NAME=value"; empty without a name.
};

/// The account that `user` and `group` name, each a name or a number, or empty: our own. None: workers run as we do.
/// invalid_argument: there is no such user or group; failed_precondition: only root may run workers as somebody else.
[[nodiscard]] Result<std::optional<Account>> find_account(const std::string& user, const std::string& group);

}  // namespace holdfast::workers
