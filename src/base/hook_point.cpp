#include "base/hook_point.hpp"

#ifdef HOLDFAST_HOOK_POINTS

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string_view>

namespace holdfast::detail {
namespace {

struct Armed {
  std::string_view name;
  int passes = 1;
  int signal = SIGKILL;
};

Armed read_environment() {
  const char* text = std::getenv("HOLDFAST_HOOK");
  if (text == nullptr) return {};
  const std::string_view whole(text);
  const auto colon = whole.find(':');
  Armed armed{.name = whole.substr(0, colon)};
  if (whole.ends_with(":stop")) armed.signal = SIGSTOP;
  if (colon != std::string_view::npos) {
    std::from_chars(whole.data() + colon + 1, whole.data() + whole.size(), armed.passes);
  }
  return armed;
}

}  // namespace

void pass_hook_point(const char* name) noexcept {
  static const Armed armed = read_environment();
  static std::atomic<int> passed{0};
  if (armed.name != name) return;
  if (++passed == armed.passes) ::raise(armed.signal);
}

}  // namespace holdfast::detail

#endif
