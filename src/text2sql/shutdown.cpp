#include "text2sql/shutdown.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <utility>

namespace holdfast::text2sql {

Shutdown::Shutdown(const Clock& clock) : clock_(clock), parent_(::getppid()) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signals_ = FileDescriptor(::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
}

void Shutdown::read_signals() {
  signalfd_siginfo signal{};
  while (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
    if (signal.ssi_signo == SIGUSR1) {
      trim_requested_ = true;
    } else if (!requested_at_) {
      requested_at_ = clock_.steady();
    }
  }
}

std::optional<SteadyTime> Shutdown::requested_at() {
  read_signals();
  if (!requested_at_ && ::getppid() != parent_) requested_at_ = clock_.steady();
  return requested_at_;
}

bool Shutdown::take_trim_request() {
  read_signals();
  return std::exchange(trim_requested_, false);
}

}  // namespace holdfast::text2sql
