/// A place in a list of runs, newest first, as text that clients hand back. Pure.
///
/// It names the last run seen, not a row number, so that runs accepted meanwhile shift no page.
#pragma once

#include "journal/record.hpp"

namespace holdfast::journal {

struct Cursor {
  UnixMillis created_at;
  RunId id;
};

/// invalid_argument: not made by Store::cursor_after.
[[nodiscard]] Result<Cursor> parse_cursor(std::string_view text);

}  // namespace holdfast::journal
