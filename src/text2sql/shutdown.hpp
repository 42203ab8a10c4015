/// When the worker has to end: SIGTERM, SIGINT, or its parent has gone. And when it is to give memory back: SIGUSR1.
///
/// Ownership: one per process, made in main before any other thread. Runs on: the main thread.
#pragma once

#include <sys/types.h>

#include <optional>

#include "base/clock.hpp"
#include "base/file_descriptor.hpp"

namespace holdfast::text2sql {

class Shutdown {
 public:
  /// Takes these signals out of their default handling, and remembers the parent.
  explicit Shutdown(const Clock& clock);

  /// Since when the end is asked for; empty while it is not.
  [[nodiscard]] std::optional<SteadyTime> requested_at();

  /// Becomes readable with a signal: for poll.
  [[nodiscard]] int descriptor() const noexcept { return signals_.get(); }

  /// Once for each time that memory is asked for.
  [[nodiscard]] bool take_trim_request();

 private:
  void read_signals();

  const Clock& clock_;
  FileDescriptor signals_;
  pid_t parent_;
  std::optional<SteadyTime> requested_at_;
  bool trim_requested_ = false;
};

}  // namespace holdfast::text2sql
