/// The parts of thread checkpoints as rows: a part is stored once, and a checkpoint names the versions that it has.
/// Pure: makes statements and reads their rows.
#pragma once

#include <span>

#include "journal/portable_sql.hpp"
#include "journal/thread_checkpoint.hpp"

namespace holdfast::journal {

/// What a checkpoint has of its parts, as it is stored: `[["name","version"],…]`.
[[nodiscard]] std::string part_names(std::span<const ThreadPart> parts);

/// The reverse, without values. Empty when it is none.
[[nodiscard]] std::vector<ThreadPart> parse_part_names(std::string_view text);

enum class PartColumn : unsigned char { bytes, value };

/// Of those parts the ones that are stored: name, version, and the column.
[[nodiscard]] SqlText stored_parts(const CheckpointPlace& place, std::span<const ThreadPart> parts, PartColumn column);

/// What a put does to the parts.
struct PartChange {
  PortableSql::Texts writes;
  std::int64_t added = 0;  ///< Bytes that were not there.
  std::int64_t whole = 0;  ///< Bytes of all parts that the checkpoint has.
};

/// `stored`: the rows of stored_parts(…, bytes).
[[nodiscard]] PartChange change_parts(const CheckpointPlace& place, std::span<const ThreadPart> parts,
                                      const SqlRows& stored);

/// The rows of stored_parts(…, value), by name.
[[nodiscard]] std::vector<ThreadPart> read_parts(SqlRows stored);

}  // namespace holdfast::journal
