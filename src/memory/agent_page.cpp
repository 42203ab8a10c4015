#include "memory/agent_page.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <type_traits>

namespace holdfast::memory {
namespace {

using agent::Block;

// No program holds more: the address space of a process has 47 bits.
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 47U;
constexpr std::chrono::hours kLongest{1};
// Writing a block takes less than a microsecond.
constexpr int kTries = 100;

std::uint64_t load(const std::uint64_t& word) { return __atomic_load_n(&word, __ATOMIC_RELAXED); }

enum class BlockState : unsigned char { empty, whole, torn };

template <class T>
BlockState copy_block(AgentPage page, std::size_t at, Block<T>& block) {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(Block<T>) % sizeof(std::uint64_t) == 0);
  const auto source = page.subspan(at / sizeof(std::uint64_t), sizeof(Block<T>) / sizeof(std::uint64_t));
  std::array<std::uint64_t, sizeof(Block<T>) / sizeof(std::uint64_t)> copy{};
  for (int i = 0; i < kTries; ++i) {
    copy[0] = load(source[0]);
    std::atomic_thread_fence(std::memory_order_acquire);
    for (std::size_t word = 1; word < copy.size(); ++word) copy[word] = load(source[word]);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (load(source[0]) != copy[0]) continue;
    std::memcpy(&block, copy.data(), sizeof block);
    if (block.sequence == 0) return BlockState::empty;
    if (block.sequence % 2 != 0) continue;
    const auto sum =
        agent::checksum_of(block.sequence, &block.contents, sizeof block.contents + sizeof block.reserved2);
    if (block.checksum == sum) return BlockState::whole;
  }
  return BlockState::torn;
}

bool is_size(std::uint64_t bytes) { return bytes <= kMostBytes; }

// Written in time: not too long ago, and not later than now. The clocks are the same one.
bool is_fresh(std::uint64_t written_at, SteadyTime now, std::chrono::nanoseconds age) {
  const auto present = std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();
  const auto moment = static_cast<std::uint64_t>(std::max<std::int64_t>(present, 0));
  return written_at <= moment ? moment - written_at <= static_cast<std::uint64_t>(age.count())
                              : written_at - moment <= std::uint64_t{1'000'000};
}

template <std::size_t Size>
std::string printable(const char (&text)[Size]) {
  std::string out(text, ::strnlen(text, Size));
  std::ranges::replace_if(out, [](char c) { return c < 0x20 || c > 0x7E; }, '?');
  return out;
}

std::chrono::nanoseconds duration(std::uint64_t ns) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::chrono::nanoseconds(kLongest).count());
  return std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(ns, kMost)));
}

std::optional<HeapFigures> heap(std::uint64_t read_at, std::uint64_t total, std::uint64_t live) {
  if (read_at == 0 || !is_size(total) || live > total) return std::nullopt;
  return HeapFigures{Bytes(total), Bytes(live)};
}

std::optional<HeapFigures> node_heap(AgentPage page, std::uint32_t pid, SteadyTime now, std::string& version) {
  Block<agent::NodeFigures> block;
  if (copy_block(page, agent::kNodeFiguresAt, block) != BlockState::whole) return std::nullopt;
  const auto& node = block.contents;
  if (node.pid != pid) return std::nullopt;
  version = printable(node.version);
  // A loop that is busy publishes nothing: what it said before is no figure of now.
  if (!is_fresh(node.published_at, now, kAgentSilence)) return std::nullopt;
  return heap(node.published_at, node.heap_total, std::min(node.heap_used, node.heap_total));
}

Result<AgentAnswer> answer_at(AgentPage page, std::size_t at, std::uint32_t command) {
  Block<agent::Answer> block;
  if (copy_block(page, at, block) != BlockState::whole || block.contents.command != command) {
    return fail(ErrorCode::not_found, "no answer of the agent yet");
  }
  const auto& found = block.contents;
  const bool known = found.status == agent::kDone || found.status == agent::kUnsupported;
  if (!is_size(found.resident_before) || !is_size(found.resident_after)) {
    return fail(ErrorCode::data_loss, "the agent's answer cannot be true");
  }
  return AgentAnswer{.status = known ? static_cast<agent::Status>(found.status) : agent::kFailed,
                     .took = duration(found.took),
                     .resident_before = Bytes(found.resident_before),
                     .resident_after = Bytes(found.resident_after),
                     .collected = std::max<std::int64_t>(found.collected, 0)};
}

Bytes at_most(Bytes size, Bytes room) { return std::min(size, room); }
Bytes less(Bytes from, Bytes taken) { return Bytes(from > taken ? from.count() - taken.count() : 0); }

}  // namespace

Result<AgentFigures> read_agent_figures(AgentPage page, SteadyTime now) {
  Block<agent::Figures> block;
  switch (copy_block(page, agent::kFiguresAt, block)) {
    case BlockState::empty: return fail(ErrorCode::not_found, "no agent has published");
    case BlockState::torn: return fail(ErrorCode::data_loss, "the agent's page is half written");
    case BlockState::whole: break;
  }
  const auto& told = block.contents;
  if (!is_fresh(told.published_at, now, kAgentSilence)) {
    return fail(ErrorCode::unavailable, "the agent has not published for a while");
  }
  // Nothing resident: it cannot read /proc, and shares of nothing say nothing.
  const bool possible = told.resident != 0 && is_size(told.resident) && told.shared <= told.resident && told.pid != 0 &&
                        told.pid <= 0x7FFFFFFFU && told.runtime <= agent::kNode && told.allocator <= agent::kJemalloc;
  if (!possible) return fail(ErrorCode::data_loss, "the agent's figures cannot be true");

  AgentFigures figures;
  figures.pid = static_cast<int>(told.pid);
  figures.runtime = static_cast<agent::Runtime>(told.runtime);
  figures.allocator = static_cast<agent::Allocator>(told.allocator);
  figures.version = printable(told.version);
  figures.resident = Bytes(told.resident);
  figures.shared = Bytes(told.shared);
  if (is_size(told.malloc_live) && is_size(told.malloc_free)) {
    figures.malloc = heap(told.malloc_at, told.malloc_live + told.malloc_free, told.malloc_live);
  }
  switch (figures.runtime) {
    case agent::kNoRuntime: figures.runtime_heap = HeapFigures(); break;
    case agent::kCPython: figures.runtime_heap = heap(told.runtime_at, told.runtime_total, told.runtime_live); break;
    case agent::kNode: figures.runtime_heap = node_heap(page, told.pid, now, figures.version); break;
  }
  std::ranges::copy(told.gc_counts, figures.gc_counts.begin());
  figures.gc_enabled = told.gc_enabled != 0;
  figures.reading_took = duration(std::max(told.malloc_took, told.runtime_took));
  return figures;
}

Result<AgentAnswer> read_agent_answer(AgentPage page, std::uint32_t command) {
  auto of_library = answer_at(page, agent::kAnswerAt, command);
  if (of_library || of_library.error().code() != ErrorCode::not_found) return of_library;
  return answer_at(page, agent::kNodeAnswerAt, command);
}

std::optional<int> agent_owner(AgentPage page) {
  const auto pid = static_cast<std::uint32_t>(load(page[agent::kOwnerAt / sizeof(std::uint64_t)]));
  if (pid == 0 || pid > 0x7FFFFFFFU) return std::nullopt;
  return static_cast<int>(pid);
}

BandReport to_band_report(const AgentFigures& figures) {
  if (!figures.malloc || !figures.runtime_heap) return {};
  const auto& malloc = *figures.malloc;
  const auto& runtime = *figures.runtime_heap;
  const auto anonymous = less(figures.resident, figures.shared);
  const auto live = at_most(Bytes(malloc.live.count() + runtime.live.count()), anonymous);
  const auto runtime_held = at_most(less(runtime.total, runtime.live), less(anonymous, live));
  const auto rest = less(less(anonymous, live), runtime_held);
  return {.live = live, .allocator_held = at_most(less(malloc.total, malloc.live), rest), .runtime_held = runtime_held};
}

std::string_view to_string(agent::Runtime runtime) noexcept {
  switch (runtime) {
    case agent::kNoRuntime: return "none";
    case agent::kCPython: return "cpython";
    case agent::kNode: return "node";
  }
  return "none";
}

std::string_view to_string(agent::Allocator allocator) noexcept {
  switch (allocator) {
    case agent::kOtherAllocator: return "other";
    case agent::kGlibc: return "glibc";
    case agent::kJemalloc: return "jemalloc";
  }
  return "other";
}

}  // namespace holdfast::memory
