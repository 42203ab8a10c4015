#include "text2sql/shutdown.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

namespace holdfast::text2sql {

Shutdown::Shutdown(const Clock& clock) : clock_(clock), parent_(::getppid()) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signals_ = FileDescriptor(::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
}

std::optional<SteadyTime> Shutdown::requested_at() {
  if (requested_at_) return requested_at_;
  pollfd waiting{signals_.get(), POLLIN, 0};
  const bool signalled = ::poll(&waiting, 1, 0) > 0;
  if (signalled || ::getppid() != parent_) requested_at_ = clock_.steady();
  return requested_at_;
}

}  // namespace holdfast::text2sql
