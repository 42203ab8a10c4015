/// What is written into the journal of an attempt that goes on, and what the run cost in the end. Pure.
#pragma once

#include <chrono>
#include <string>

#include "governor/attempt_memory.hpp"
#include "journal/store.hpp"
#include "workers/worker_event.hpp"

namespace holdfast::runs {

/// The entry for what the worker of an attempt has said.
[[nodiscard]] journal::Append event_append(const RunId& id, int attempt, const workers::WorkerEvent& event);

struct RunCost {
  std::chrono::milliseconds queued{0};
  std::chrono::milliseconds run{0};
  std::chrono::milliseconds journal{0};           ///< Spent waiting for it.
  std::optional<governor::MemoryReceipt> memory;  ///< None: nobody measured.
  std::string answered_by;                        ///< The run whose answer it was given; empty: a worker's.
};

/// `usage` of a run, as JSON.
[[nodiscard]] std::string usage_json(const RunCost& cost);

/// Whether a write that failed so may succeed later without anybody changing it.
[[nodiscard]] bool can_be_written_later(const Error& error) noexcept;

}  // namespace holdfast::runs
