/// What a write does to a run: the check of the fence, the new state, the entry to append.
///
/// Every Store calls these between reading the run and writing it back, so that they all agree. Pure.
#pragma once

#include "journal/store.hpp"

namespace holdfast::journal {

/// Whether an error of a write tells of that write alone, and the others of its batch are committed.
[[nodiscard]] constexpr bool refuses_one_write(ErrorCode code) noexcept {
  return code == ErrorCode::not_found || code == ErrorCode::conflict || code == ErrorCode::invalid_argument;
}

/// Sets what the store sets on a new run. Returns its entries, from number 1.
[[nodiscard]] std::vector<Entry> fold_accept(Run& run, const Accept& accept, UnixMillis now);

/// conflict: `run`, which is left as it is, is not in `append.from` with `append.attempt`.
[[nodiscard]] Result<Entry> fold_append(Run& run, const Append& append, UnixMillis now);

/// Absent: the run was delivered before. conflict: it is not terminal.
[[nodiscard]] Result<std::optional<Entry>> fold_deliver(Run& run, UnixMillis now);

}  // namespace holdfast::journal
