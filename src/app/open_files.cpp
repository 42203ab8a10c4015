#include "app/open_files.hpp"

#include <optional>

namespace holdfast::app {
namespace {

std::optional<rlimit> given;

}  // namespace

rlimit raise_open_files() noexcept {
  if (given) return *given;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  given = limit;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return *given;
}

void restore_open_files() noexcept {
  if (given) ::setrlimit(RLIMIT_NOFILE, &*given);
}

}  // namespace holdfast::app
