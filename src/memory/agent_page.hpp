/// What the agent library in a worker has written into the page that it shares with us (agent/page_layout.hpp). Pure.
///
/// The page is untrusted: the worker may write anything into it, at any moment, also while it is read here. So a block
/// is copied once, and only the copy is looked at; what cannot be true is an error, and no number leaves here that is
/// larger than an address space.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "agent/page_layout.hpp"
#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "memory/bands.hpp"

namespace holdfast::memory {

using AgentPage = std::span<const std::uint64_t, agent::kPageSize / sizeof(std::uint64_t)>;

/// After it a worker that publishes is taken to have stopped doing so. A trim of a large heap takes 0.1 s, and the
/// library waits with it.
inline constexpr std::chrono::seconds kAgentSilence{3};

/// A heap: what it has from the kernel, and what of it is in use.
struct HeapFigures {
  Bytes total;
  Bytes live;
};

struct AgentFigures {
  int pid = 0;
  agent::Runtime runtime = agent::kNoRuntime;
  agent::Allocator allocator = agent::kOtherAllocator;
  std::string version;  ///< Of the runtime, or of the C library. Printable.
  Bytes resident;
  Bytes shared;                       ///< Of it, files and shared memory.
  std::optional<HeapFigures> malloc;  ///< None: an allocator that the library does not know.
  /// Of the runtime's own allocator. None: it has not been read yet, or a runtime tells nothing. Zeros: there is none.
  std::optional<HeapFigures> runtime_heap;
  std::array<std::uint32_t, 3> gc_counts{};
  bool gc_enabled = false;
  std::chrono::nanoseconds reading_took{0};  ///< The dearer of the two.
};

struct AgentAnswer {
  agent::Status status = agent::kFailed;
  std::chrono::nanoseconds took{0};
  Bytes resident_before;
  Bytes resident_after;
  std::int64_t collected = 0;
};

/// not_found: nobody has published yet. unavailable: the last publication is too old. data_loss: it is half written, or
/// no such page.
[[nodiscard]] Result<AgentFigures> read_agent_figures(AgentPage page, SteadyTime now);

/// not_found: the command has no answer yet.
[[nodiscard]] Result<AgentAnswer> read_agent_answer(AgentPage page, std::uint32_t command);

/// The pid of the process that owns the page; none: nobody has claimed it.
[[nodiscard]] std::optional<int> agent_owner(AgentPage page);

/// Shares of what is resident, so never more than that: freed bytes of glibc need not be resident.
[[nodiscard]] BandReport to_band_report(const AgentFigures& figures);

[[nodiscard]] std::string_view to_string(agent::Runtime runtime) noexcept;
[[nodiscard]] std::string_view to_string(agent::Allocator allocator) noexcept;

}  // namespace holdfast::memory
