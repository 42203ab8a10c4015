/// The page that a worker shares with the supervisor: 4096 bytes that both map. This is the whole of the format; the
/// library, the script for Node and the reader agree on nothing else.
///
/// Who writes what: the supervisor the head (before the worker starts) and the command; the library the owner, the
/// claim, its figures and its answers; the script for Node its own block of figures and of answers.
///
/// A block is written as a whole under a sequence lock and carries a checksum over its sequence and its contents:
///   - the sequence is odd while a block is being written, and stays odd when the writer is killed meanwhile;
///   - the script writes with pwrite(), which a reader may see half done: then the checksum does not fit.
/// A reader that finds neither to be so has what was written at one moment. It still may be anything: the worker may
/// write what it likes.
///
/// Numbers are little-endian, times are nanoseconds of CLOCK_MONOTONIC. C library types only: the library includes it.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace holdfast::agent {

inline constexpr uint64_t kMagic = 0x3145474150414648;  // "HFAPAGE1"
inline constexpr uint32_t kVersion = 1;
inline constexpr size_t kPageSize = 4096;

/// Holds the path of the page. Without it the library does nothing.
inline constexpr char kPageVariable[] = "HOLDFAST_AGENT_PAGE";

/// Holds the path at which a heap profile is left (kProfile). Without it none is.
inline constexpr char kProfileVariable[] = "HOLDFAST_AGENT_PROFILE";

/// A longer path is none.
inline constexpr size_t kLongestPath = 256;

/// "1": Node samples allocations from its start, for such profiles. (jemalloc is told in its own way: MALLOC_CONF.)
inline constexpr char kSamplingVariable[] = "HOLDFAST_AGENT_SAMPLING";

enum Command : uint32_t {
  kMeasure = 1,  ///< All figures, those too that cost a pause.
  kCollect = 2,  ///< The runtime's garbage collector, all generations.
  kTrim = 3,     ///< Free memory of the allocator back to the kernel.
  kProfile = 4,  ///< Which code holds the memory, into the file: takes seconds.
};

enum Status : uint32_t {
  kDone = 1,
  kUnsupported = 2,  ///< This process has nothing of the kind.
  kFailed = 3,
};

enum Runtime : uint32_t { kNoRuntime = 0, kCPython = 1, kNode = 2 };

enum Allocator : uint32_t {
  kOtherAllocator = 0,  ///< Neither of the two: nothing is known of what it holds.
  kGlibc = 1,
  kJemalloc = 2,
};

/// Written by the supervisor before the worker is started.
struct Head {
  uint64_t magic;
  uint32_t version;
  uint32_t interval_ms;       ///< Between two publications.
  uint32_t gc_thresholds[3];  ///< For CPython, where the program keeps the default. First is 0: left alone.
  uint32_t reserved;
};

/// The process that publishes, as the library claimed it: pid, and the low half of its start time in clock ticks, so
/// that a pid that is given out again is not taken for it. 0: none yet.
struct Owner {
  uint64_t process;
};

/// The supervisor writes `word` and wakes who waits on it: a number of its own for each command, above four bits of its
/// kind. A command that is found in `taken` already is not done a second time.
struct CommandSlot {
  uint32_t word;  ///< A futex, shared between processes. 0: no command yet.
  uint32_t taken;
};

inline constexpr uint32_t kKindBits = 4;
inline Command kind_of(uint32_t word) { return static_cast<Command>(word & ((1U << kKindBits) - 1)); }

/// Figures of the process that owns the page. A time of zero says that the figures below it are not known.
struct Figures {
  uint64_t published_at;
  uint32_t pid;
  uint32_t runtime;
  uint32_t allocator;
  uint32_t publications;
  uint64_t resident;
  uint64_t shared;  ///< Of it, files and shared memory.
  uint64_t malloc_at;
  uint64_t malloc_live;
  uint64_t malloc_free;  ///< Freed and kept; for glibc not all of it need be resident.
  uint64_t malloc_took;  ///< Nanoseconds of processor time that the reading cost.
  uint64_t runtime_at;
  uint64_t runtime_total;  ///< What the runtime's own allocator has mapped.
  uint64_t runtime_live;   ///< Of it, held by objects.
  uint64_t runtime_took;
  uint32_t gc_counts[3];  ///< As gc.get_count().
  uint32_t gc_enabled;
  uint64_t commands_done;
  char version[24];  ///< Of the runtime, or of the C library.
};

/// Figures that the script for Node writes.
struct NodeFigures {
  uint64_t published_at;
  uint32_t pid;
  uint32_t publications;
  uint64_t heap_total;
  uint64_t heap_used;
  uint64_t external;  ///< Buffers among them; part of what malloc holds.
  uint64_t heap_limit;
  char version[24];
};

/// What became of the latest command.
struct Answer {
  uint64_t answered_at;
  uint32_t command;  ///< Its word.
  uint32_t status;
  uint64_t took;  ///< Nanoseconds.
  uint64_t resident_before;
  uint64_t resident_after;
  int64_t collected;  ///< Objects, where the collector says so.
};

/// The sequence comes first and the checksum last, so that a block can be written in one piece.
template <class T>
struct Block {
  uint32_t sequence;
  uint32_t reserved;
  T contents;
  uint32_t reserved2;
  uint32_t checksum;
};

inline constexpr size_t kOwnerAt = 64;
inline constexpr size_t kCommandAt = 128;
inline constexpr size_t kFiguresAt = 256;
inline constexpr size_t kAnswerAt = 512;
inline constexpr size_t kNodeFiguresAt = 1024;
inline constexpr size_t kNodeAnswerAt = 1280;

static_assert(sizeof(Head) == 32);
static_assert(sizeof(Figures) == 152);
static_assert(kFiguresAt + sizeof(Block<Figures>) <= kAnswerAt);
static_assert(kAnswerAt + sizeof(Block<Answer>) <= kNodeFiguresAt);
static_assert(kNodeFiguresAt + sizeof(Block<NodeFigures>) <= kNodeAnswerAt);
// holdfast-agent.cjs knows these by number.
static_assert(sizeof(Block<NodeFigures>) == 88);
static_assert(sizeof(Block<Answer>) == 64);
static_assert(offsetof(Block<NodeFigures>, contents) == 8);
static_assert(offsetof(Block<Answer>, checksum) == 60 && offsetof(Block<Answer>, reserved2) == 56);
static_assert(offsetof(Block<Figures>, reserved2) == 8 + sizeof(Figures));

/// FNV-1a over the sequence and what follows up to the checksum.
inline uint32_t checksum_of(uint32_t sequence, const void* contents, size_t size) {
  uint32_t hash = 2166136261U;
  for (unsigned shift = 0; shift < 32; shift += 8) hash = (hash ^ ((sequence >> shift) & 0xFFU)) * 16777619U;
  const auto* bytes = static_cast<const unsigned char*>(contents);
  for (size_t i = 0; i < size; ++i) hash = (hash ^ bytes[i]) * 16777619U;
  return hash;
}

}  // namespace holdfast::agent
