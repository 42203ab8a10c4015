#include "base/fault_point.hpp"

#ifdef HOLDFAST_HOOK_POINTS

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string_view>

namespace holdfast {
namespace {

constexpr int kEveryPass = 0;

struct Armed {
  std::string_view name;
  int pass = kEveryPass;
};

Armed read_environment() {
  const char* text = std::getenv("HOLDFAST_FAULT");
  if (text == nullptr) return {};
  const std::string_view whole(text);
  const auto colon = whole.find(':');
  Armed armed{whole.substr(0, colon), 1};
  if (colon == std::string_view::npos) return armed;
  const auto which = whole.substr(colon + 1);
  if (which == "*") armed.pass = kEveryPass;
  std::from_chars(which.data(), which.data() + which.size(), armed.pass);
  return armed;
}

std::atomic<const char*> armed_name{nullptr};
std::atomic<Fault> armed_fault{Fault::none};

void fail_with(Fault fault) {
  if (fault == Fault::out_of_memory) throw std::bad_alloc();
  if (fault == Fault::defect) throw std::logic_error("a defect for a test");
}

}  // namespace

void arm_fault(const char* name, Fault fault) noexcept {
  armed_name = fault == Fault::none ? nullptr : name;
  armed_fault = fault;
}

namespace detail {

void pass_fault_point(const char* name) {
  static const Armed armed = read_environment();
  static std::atomic<int> passed{0};
  if (armed.name == name) {
    const int pass = ++passed;
    if (armed.pass == kEveryPass || armed.pass == pass) fail_with(Fault::out_of_memory);
  }
  const char* const wanted = armed_name;
  if (wanted != nullptr && std::string_view(wanted) == name) fail_with(armed_fault);
}

}  // namespace detail
}  // namespace holdfast

#endif
