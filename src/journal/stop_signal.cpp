#include "journal/stop_signal.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

#include "base/check.hpp"

namespace holdfast::journal {

StopSignal::StopSignal() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  HOLDFAST_CHECK(fd_ >= 0, "an event descriptor can be made");
}

StopSignal::~StopSignal() { ::close(fd_); }

void StopSignal::raise() noexcept {
  const std::uint64_t one = 1;
  // It can only fail when it was raised 2^64 times before.
  (void)!::write(fd_, &one, sizeof one);
}

bool StopSignal::raised() const noexcept {
  pollfd waiting{fd_, POLLIN, 0};
  return ::poll(&waiting, 1, 0) > 0;
}

}  // namespace holdfast::journal
