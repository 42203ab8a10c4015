/// Ends waits in poll() from another thread: a flag with a file descriptor. Any thread.
#pragma once

namespace holdfast::journal {

class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  void raise() noexcept;
  [[nodiscard]] bool raised() const noexcept;

  /// Readable once raised.
  [[nodiscard]] int fd() const noexcept { return fd_; }

 private:
  int fd_;
};

}  // namespace holdfast::journal
