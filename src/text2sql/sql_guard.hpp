/// What a query may do: read the tables of the data file, and nothing else.
///
/// The rules are in docs/text2sql.md. Two attacks spend seconds inside one opcode, where no progress
/// callback runs: printf with a giant width (denied here) and instr on giant strings (bounded by the
/// length limit; the supervisor's deadline is the last resort).
#pragma once

#include <sqlite3.h>

#include <string>
#include <string_view>

namespace holdfast::text2sql {

/// Why the authorizer refused, in words for the person or model who wrote the query.
struct Refusal {
  std::string reason;
};

/// Whether a query may call this SQL function (lower case). Pure.
[[nodiscard]] bool is_denied_function(std::string_view name);

/// Whether a table holds the schema of SQLite instead of the user's rows. Pure.
[[nodiscard]] bool is_schema_table(std::string_view name);

/// Puts the guard on a connection: limits, defensive mode, query_only, authorizer. `refusal` outlives the
/// connection and holds the reason of the latest refusal. False: SQLite did not accept a setting.
[[nodiscard]] bool guard_connection(sqlite3* db, Refusal* refusal);

/// Bounds what SQLite may allocate in this process, for all connections. Call once, before the first open.
void limit_sqlite_memory();

}  // namespace holdfast::text2sql
