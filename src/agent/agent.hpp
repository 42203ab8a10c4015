/// The thread inside a worker: publishes figures into the page and does what the page asks for.
///
/// One a process, started by the first successful listen(): a program that does not listen (a shell in front of the
/// worker, `npm`, `timeout`, a compiler that it calls) gets none, and is exactly as it was.
///
/// Invariants:
///   - What the process cannot do it answers as unsupported; nothing here ends it, blocks it or leaves a descriptor.
///   - Readings that cost more than kReadingShare of the time are taken more seldom, not dropped.
///   - A reading that the program has worked on since is not told: it says nothing of now.
///   - The interpreter's lock is asked for by itself only where the process has slept since the last publication, or
///   has
///     worked for less than half of that time.
#pragma once

#include "agent/allocator.hpp"
#include "agent/page_layout.hpp"
#include "agent/python.hpp"
#include "agent/shared_page.hpp"

namespace holdfast::agent {

class Agent {
 public:
  /// Maps and claims the page. False: it is another process's, or there is none.
  bool attach(const char* path);

  /// Where a heap profile is left; empty: nowhere. Lives as long as the process.
  void leave_profiles_at(const char* path) { profile_path_ = path; }

  /// Until the page is somebody else's, which is mostly never.
  void run();

 private:
  void find_runtime();
  void measure(bool asked);
  void read_malloc();
  void read_python();
  void obey(uint32_t command);
  Status do_it(Command kind, Answer* answer);
  void publish();

  const char* profile_path_ = "";
  SharedPage page_;
  HostAllocator allocator_;
  HostPython python_;
  Figures figures_{};
  uint64_t busy_before_ = 0;
  uint64_t worked_since_malloc_ = 0;  ///< Processor time of the program since that reading.
  uint64_t worked_since_python_ = 0;
  bool thresholds_set_ = false;
};

}  // namespace holdfast::agent
