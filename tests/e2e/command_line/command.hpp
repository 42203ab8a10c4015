/// Runs a command of `holdfast` through the shell, as people do.
#pragma once

#include <string>

namespace holdfast::testing {

struct Said {
  int status = -1;  ///< Exit status; 128 + the signal when one ended it.
  std::string out;
  std::string err;
};

/// `arguments` is shell text. `redirect` may send standard output somewhere else: ">/dev/full".
[[nodiscard]] Said holdfast(const std::string& arguments, const std::string& redirect = "");

}  // namespace holdfast::testing
