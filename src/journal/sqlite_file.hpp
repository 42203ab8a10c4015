/// From a path to a connection that is ready for the Store. Runs on: any one thread, may block.
#pragma once

#include "journal/sqlite_connection.hpp"

namespace holdfast::journal {

/// Creates the file when there is none (mode 0600), refuses files that are not ours, sets WAL and
/// synchronous=FULL, and brings the tables to the version of this program. Errors: open_sqlite_store.
Result<Connection> open_journal_file(const std::string& path);

}  // namespace holdfast::journal
