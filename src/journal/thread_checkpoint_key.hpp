/// What every statement about a thread checkpoint begins with. Internal to thread_checkpoints.
#pragma once

#include "journal/portable_sql.hpp"
#include "journal/thread_checkpoint.hpp"

namespace holdfast::journal {

/// $1 to $4 are the place.
inline constexpr std::string_view kWritesOf =
    "FROM thread_writes WHERE owner = $1 AND thread_id = $2 AND space = $3 AND checkpoint_id = $4";

[[nodiscard]] inline std::vector<SqlValue> key_of(const CheckpointPlace& place) {
  return {place.owner, place.thread_id, place.space, place.id};
}

}  // namespace holdfast::journal
