/// What a query may do: read the tables of the data file, and nothing else.
///
/// The rules are in docs/text2sql.md. Two attacks spend seconds inside one opcode, where no progress
/// callback runs: printf with a giant width (denied here) and instr on giant strings (bounded by the
/// length limit; the supervisor's deadline is the last resort).
#pragma once

#include <sqlite3.h>

#include <set>
#include <string>
#include <string_view>

namespace holdfast::text2sql {

/// What the authorizer saw of the latest query.
struct GuardLog {
  std::string refusal;           ///< Why it refused, in words for the person or model who wrote the query.
  std::set<std::string> tables;  ///< The tables that are read.
};

/// Whether a query may call this SQL function (lower case). Pure.
[[nodiscard]] bool is_denied_function(std::string_view name);

/// Whether a table holds the schema of SQLite instead of the user's rows. Pure.
[[nodiscard]] bool is_schema_table(std::string_view name);

/// Puts the guard on a connection: limits, defensive mode, query_only, authorizer. `log` outlives the
/// connection and is written to by every statement that is prepared. False: SQLite did not accept a setting.
[[nodiscard]] bool guard_connection(sqlite3* db, GuardLog* log);

/// Bounds what SQLite may allocate in this process, for all connections. Call once, before the first open.
void limit_sqlite_memory();

}  // namespace holdfast::text2sql
