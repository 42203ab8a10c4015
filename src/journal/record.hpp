/// What the journal holds: runs, their entries, their checkpoints. Plain values; any thread.
///
/// Invariants (kept by every Store):
///   - `runs` is the fold of `entries`: both change in one transaction.
///   - Entries of a run are numbered from 1 without a gap, and never change.
///   - A run has at most one terminal entry. After it only `delivered` may follow.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/run_id.hpp"

namespace holdfast::journal {

/// Stored and sent by name. The moves between them are decided by `runs`, not here.
enum class RunStatus : unsigned char { queued, running, completed, failed, cancelled, expired };

[[nodiscard]] std::string_view to_string(RunStatus status) noexcept;
[[nodiscard]] std::optional<RunStatus> parse_run_status(std::string_view name) noexcept;
[[nodiscard]] constexpr bool is_terminal(RunStatus status) noexcept {
  return status != RunStatus::queued && status != RunStatus::running;
}

/// What an entry records. Stored by name; add a value only with a migration.
enum class EntryKind : unsigned char {
  accepted,      ///< The run exists. Always number 1.
  started,       ///< An attempt has begun. Body: worker.
  progress,      ///< A step of the worker. Body: step, message.
  checkpoint,    ///< The worker can go on from here. The state itself is in the checkpoint.
  delta,         ///< A piece of the answer. Body: text.
  response,      ///< The head of the worker's response on a guaranteed route. Body: status, and the head as bytes.
  piece,         ///< The next bytes of that response's body (base/stored_bytes.hpp).
  attempt_lost,  ///< The attempt ended without an answer; the run is queued again. Body: evidence.
  completed,
  failed,
  cancelled,
  expired,
  delivered,  ///< The client has shown the answer.
};

[[nodiscard]] std::string_view to_string(EntryKind kind) noexcept;
[[nodiscard]] std::optional<EntryKind> parse_entry_kind(std::string_view name) noexcept;

/// One row of a run's history. `body` is a JSON object as text.
struct Entry {
  std::int64_t seq = 0;
  UnixMillis at = 0;
  int attempt = 0;
  EntryKind kind = EntryKind::accepted;
  std::string body;
};

/// The state of a run after its latest entry. JSON members are kept as text: they are stored and sent
/// far more often than looked into. Empty text means absent.
struct Run {
  RunId id;
  std::string owner;
  std::string thread_id;
  std::string prompt;
  std::string route;        ///< "POST /analyze": where the worker receives it.
  std::string request;      ///< The client's JSON object, handed to the worker.
  std::string traceparent;  ///< As the client sent it, or empty.
  RunStatus status = RunStatus::queued;
  int attempt = 0;            ///< Attempts started so far: the fencing token.
  int crashes = 0;            ///< Attempts in which the worker died.
  std::int64_t last_seq = 0;  ///< Of the latest entry.
  UnixMillis created_at = 0;
  std::optional<UnixMillis> started_at;  ///< Of the latest attempt.
  std::optional<UnixMillis> finished_at;
  std::optional<UnixMillis> delivered_at;
  std::optional<UnixMillis> retired_at;  ///< Kept long enough after its delivery: only the row is left, no content.
  UnixMillis available_at = 0;           ///< A queued run is not started before this: the pause before a retry.
  std::string lease_owner;               ///< The instance that runs the attempt; empty unless running.
  std::string result;                    ///< JSON; set when completed.
  std::string error;                     ///< JSON: code, message and evidence; set when failed, cancelled or expired.
  std::string usage;                     ///< JSON: timing_ms, memory.
};

/// Enough of a run to see whether it moved on.
struct RunVersion {
  RunId id;
  RunStatus status = RunStatus::queued;
  int attempt = 0;
  std::int64_t last_seq = 0;
};

/// What a user says of an answer.
struct Rating {
  RunId id;
  std::optional<bool> feedback;  ///< True: a thumb up.
  std::string comment;
  std::optional<bool> sentiment;
};

/// Where an attempt can go on from. `state` belongs to the worker.
struct Checkpoint {
  std::string step;
  std::string state;  ///< JSON.
};

/// The next bytes of a request's body that is too large for the run's own row (docs/guaranteed-routes.md).
struct BodyPiece {
  std::string body_id;
  RunId run;                ///< Which the body is for. It need not be there yet.
  std::int64_t number = 0;  ///< From 0, without a gap.
  std::string bytes;
};

}  // namespace holdfast::journal
