/// Thread checkpoints: states of a conversation that its worker keeps in the journal (docs/langgraph.md). Unlike the
/// checkpoint of a run they belong to the thread: the next run goes on from them. Plain values and rules; pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace holdfast::journal {

/// Names one, among those of its owner.
struct CheckpointPlace {
  std::string owner;
  std::string thread_id;
  std::string space;  ///< Part of a conversation (LangGraph's checkpoint_ns); mostly empty.
  std::string id;     ///< Later ones come later in the order of texts.
};

/// What a task has given towards the next checkpoint.
struct ThreadWrite {
  std::string task;
  std::int64_t index = 0;
  std::string value;  ///< JSON.
};

/// A piece of a state that is stored once under its version and named by every checkpoint that has it.
struct ThreadPart {
  std::string name;
  std::string version;
  std::optional<std::string> value;  ///< JSON. Absent in a put: it was stored with an earlier checkpoint.
};

struct ThreadCheckpoint {
  CheckpointPlace place;
  std::string parent_id;  ///< Empty: it has none.
  UnixMillis created_at = 0;
  std::string metadata = "{}";      ///< A JSON object.
  std::string state;                ///< JSON.
  std::vector<ThreadPart> parts;    ///< When read: those of which there is a value, by name.
  std::vector<ThreadWrite> writes;  ///< In the order of task and index.
};

struct ThreadCheckpointFilter {
  std::string owner;
  std::optional<std::string> thread_id;
  std::optional<std::string> space;
  std::optional<std::string> id;
  std::string before;                    ///< Only ids before this one; empty: all.
  std::optional<CheckpointPlace> after;  ///< The last one of the page before; its owner is not looked at.
  std::string members;                   ///< A JSON object of plain values that the metadata must have; empty: any.
  int limit = 10;
};

struct ThreadCheckpointPage {
  std::vector<ThreadCheckpoint> checkpoints;  ///< Newest first.
  bool more = false;                          ///< There is another page.
};

/// Past them a write is refused: to drop an old checkpoint could break a conversation that builds on it.
struct ThreadCheckpointLimits {
  std::int64_t per_thread = 10'000;
  std::int64_t writes_bytes = 8 * 1024 * 1024;                 ///< Of one checkpoint.
  std::int64_t user_bytes = std::int64_t{256} << 20;           ///< Of one owner: states, metadata, parts and writes.
  static constexpr std::int64_t kPageBytes = 8 * 1024 * 1024;  ///< A page ends early past them, with one at least.
};

/// invalid_argument: a text of it is none that a journal holds, or the metadata cannot be searched.
[[nodiscard]] Result<void> check_thread_checkpoint(const ThreadCheckpoint& checkpoint);
[[nodiscard]] Result<void> check_thread_writes(const CheckpointPlace& place, const std::vector<ThreadWrite>& writes);

}  // namespace holdfast::journal
