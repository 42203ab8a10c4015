/// SQLite's result codes as Errors that say which file, what happened and what to do. Any thread.
#pragma once

#include <string>

#include "base/error.hpp"

struct sqlite3;

namespace holdfast::journal {

/// The error of the latest failed call on `db`, whose result was `code`. `path` is the journal's.
/// Reads errno, which SQLite itself forgets when a COMMIT fails: set it to 0 before the call, and ask for the
/// error before any other call.
/// unavailable: the disk is full, broken, read-only or locked; data_loss: the file is damaged or not a journal.
[[nodiscard]] Error sqlite_error(sqlite3* db, int code, const std::string& path);

}  // namespace holdfast::journal
