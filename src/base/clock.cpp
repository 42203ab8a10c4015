#include "base/clock.hpp"

namespace holdfast {
namespace {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] SteadyTime steady() const noexcept override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] UnixMillis wall() const noexcept override {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
  }
};

}  // namespace

const Clock& system_clock() noexcept {
  static const SystemClock clock;
  return clock;
}

}  // namespace holdfast
