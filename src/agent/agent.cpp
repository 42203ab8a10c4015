#include "agent/agent.hpp"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <string.h>

#include "agent/own_process.hpp"

namespace holdfast::agent {
namespace {

// A reading that takes a millisecond is taken once a second at most: 0.1 % of one processor, less than can be measured.
constexpr uint64_t kReadingShare = 1000;
// However dear it is: at 1 GB in pieces (15 ms) that is 0.3 %.
constexpr uint64_t kLongestPause = 5000000000;
// Below this much processor time between two publications the program has slept: timers and keep-alives go on.
constexpr uint64_t kAsleep = 2000000;
// Below this much it sleeps now and then: the interpreter's lock is free more often than not.
constexpr uint64_t kCalm = 50000000;
constexpr uint64_t kCalmInterval = 1000000000;
// After this much processor time of the program a reading says nothing of now: 30 MB can be taken in it.
constexpr uint64_t kOutdated = 20000000;

bool is_due(uint64_t last, uint64_t took, uint64_t least, uint64_t now) {
  uint64_t pause = took * kReadingShare > least ? took * kReadingShare : least;
  if (pause > kLongestPause) pause = kLongestPause;
  return last == 0 || now - last >= pause;
}

}  // namespace

bool Agent::attach(const char* path) {
  if (!page_.map(path)) return false;
  if (page_.claim()) return true;
  page_.unmap();
  return false;
}

void Agent::find_runtime() {
  allocator_.find();
  figures_.pid = page_.owner_pid();
  figures_.allocator = allocator_.kind();
  if (python_.find()) {
    figures_.runtime = kCPython;
    python_.version(figures_.version, sizeof figures_.version);
  } else if (dlsym(RTLD_DEFAULT, "node_module_register") != nullptr) {
    figures_.runtime = kNode;
  } else {
    strncpy(figures_.version, gnu_get_libc_version(), sizeof figures_.version - 1);
  }
}

void Agent::run() {
  find_runtime();
  uint32_t seen = page_.taken();
  const uint32_t interval = page_.head().interval_ms >= 10 ? page_.head().interval_ms : 10;
  while (page_.is_owner()) {
    measure(false);
    publish();
    const uint32_t command = page_.wait_for_command(seen, interval);
    if (command == seen) continue;
    seen = command;
    if (page_.is_owner()) obey(command);
  }
}

void Agent::measure(bool asked) {
  const uint64_t busy = busy_ns();
  const uint64_t worked = busy - busy_before_;
  busy_before_ = busy;
  worked_since_malloc_ += worked;
  worked_since_python_ += worked;
  const uint64_t now = now_ns();
  if (asked || is_due(figures_.malloc_at, figures_.malloc_took, 0, now)) read_malloc();
  if (!python_.is_usable()) return;
  const uint64_t least = worked < kAsleep ? 0 : kCalmInterval;
  const bool due = worked < kCalm && worked_since_python_ >= kAsleep &&
                   is_due(figures_.runtime_at, figures_.runtime_took, least, now);
  if (asked || due) read_python();
}

void Agent::read_malloc() {
  const uint64_t before = own_busy_ns();
  const auto malloc = allocator_.read();
  if (!malloc.known) return;
  figures_.malloc_at = now_ns();
  figures_.malloc_took = own_busy_ns() - before;
  figures_.malloc_live = malloc.live;
  figures_.malloc_free = malloc.free;
  worked_since_malloc_ = 0;
}

void Agent::read_python() {
  if (!thresholds_set_ && python_.is_up()) {
    thresholds_set_ = true;
    if (page_.head().gc_thresholds[0] != 0) python_.set_thresholds(page_.head().gc_thresholds);
  }
  const uint64_t before = own_busy_ns();
  PythonFigures python;
  if (!python_.read(&python)) return;
  figures_.runtime_at = now_ns();
  figures_.runtime_took = own_busy_ns() - before;
  figures_.runtime_total = python.heap_known ? python.arenas : 0;
  figures_.runtime_live = python.heap_known ? python.live : 0;
  for (int i = 0; i < 3; ++i) figures_.gc_counts[i] = python.counts[i];
  figures_.gc_enabled = python.gc_enabled ? 1 : 0;
  worked_since_python_ = 0;
}

void Agent::obey(uint32_t command) {
  const Command kind = kind_of(command);
  // The script does these, and answers in its own place.
  if ((kind == kCollect || kind == kProfile) && figures_.runtime == kNode && page_.node_script_runs()) return;
  if (!page_.take(command)) return;
  Answer answer{};
  answer.command = command;
  answer.resident_before = resident_memory().resident;
  const uint64_t before = now_ns();
  answer.status = do_it(kind, &answer);
  answer.answered_at = now_ns();
  answer.took = answer.answered_at - before;
  answer.resident_after = resident_memory().resident;
  ++figures_.commands_done;
  // The interpreter's lock may be held for long: who asked for a trim is not to wait for it.
  if (kind == kTrim) {
    read_malloc();
  } else {
    measure(true);
  }
  publish();
  page_.answer(answer);
}

Status Agent::do_it(Command kind, Answer* answer) {
  switch (kind) {
    case kMeasure: return kDone;  // Every answer comes with fresh figures.
    case kCollect:
      if (!python_.is_usable()) return kUnsupported;
      answer->collected = python_.collect();
      return answer->collected >= 0 ? kDone : kFailed;
    case kTrim: return allocator_.trim() ? kDone : kUnsupported;
    case kProfile:
      if (profile_path_[0] == '\0') return kUnsupported;
      if (python_.is_usable()) return python_.profile(profile_path_) ? kDone : kFailed;
      return figures_.runtime == kNoRuntime ? allocator_.profile(profile_path_) : kUnsupported;
  }
  return kUnsupported;
}

void Agent::publish() {
  const auto memory = resident_memory();
  figures_.resident = memory.resident;
  figures_.shared = memory.shared;
  ++figures_.publications;
  figures_.published_at = now_ns();
  Figures told = figures_;
  if (worked_since_malloc_ > kOutdated) told.malloc_at = 0;
  if (worked_since_python_ > kOutdated) told.runtime_at = 0;
  page_.publish(told);
}

}  // namespace holdfast::agent
