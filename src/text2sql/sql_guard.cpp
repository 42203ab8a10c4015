#include "text2sql/sql_guard.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"

namespace holdfast::text2sql {
namespace {

// 32 MB: a sort of three million rows needs 29 MB; more would let a query take the place of an analysis.
constexpr sqlite3_int64 kHeapLimit = 32LL * 1024 * 1024;

// printf and format build strings of any width inside one opcode; randomblob and zeroblob make garbage
// of any size; load_extension runs foreign code; the rest tells about the file instead of its rows.
constexpr std::array<std::string_view, 17> kDeniedFunctions{"printf",
                                                            "format",
                                                            "load_extension",
                                                            "randomblob",
                                                            "zeroblob",
                                                            "sqlite_offset",
                                                            "fts3_tokenizer",
                                                            "edit",
                                                            "readfile",
                                                            "writefile",
                                                            "sqlite_log",
                                                            "sqlite_dbdata",
                                                            "sqlite_compileoption_get",
                                                            "sqlite_compileoption_used",
                                                            "sqlite_source_id",
                                                            "sqlite_drop_column",
                                                            "sqlite_rename_column"};

// Length bounds instr(x, y), whose cost is the product of both: at 1 MB it runs for 4 s within one opcode, at 256 KB
// for a quarter of a second. VDBE_OP bounds the program of one query.
constexpr std::array<std::pair<int, int>, 11> kLimits{{
    {SQLITE_LIMIT_LENGTH, 256 * 1024},
    {SQLITE_LIMIT_SQL_LENGTH, 100'000},
    {SQLITE_LIMIT_COLUMN, 200},
    {SQLITE_LIMIT_EXPR_DEPTH, 50},
    {SQLITE_LIMIT_COMPOUND_SELECT, 20},
    {SQLITE_LIMIT_VDBE_OP, 25'000},
    {SQLITE_LIMIT_FUNCTION_ARG, 16},
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 0},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
}};

int authorize(void* context, int action, const char* first, const char* second, const char*, const char*) {
  auto& log = *static_cast<GuardLog*>(context);
  const std::string_view name = first == nullptr ? "" : first;
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_READ:
      if (!is_schema_table(name)) {
        log.tables.emplace(name);
        return SQLITE_OK;
      }
      log.refusal = "reading the schema table " + std::string(name) + " is not allowed";
      return SQLITE_DENY;
    case SQLITE_FUNCTION: {
      const auto function = to_lower_ascii(second == nullptr ? "" : second);
      if (!is_denied_function(function)) return SQLITE_OK;
      log.refusal = "the function " + function + " is not allowed";
      return SQLITE_DENY;
    }
    default: log.refusal = "only SELECT on the tables of the data file is allowed"; return SQLITE_DENY;
  }
}

bool set_flag(sqlite3* db, int flag, int value) {
  return sqlite3_db_config(db, flag, value, static_cast<int*>(nullptr)) == SQLITE_OK;
}

bool run(sqlite3* db, const char* sql) { return sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK; }

}  // namespace

bool is_denied_function(std::string_view name) {
  return std::ranges::find(kDeniedFunctions, name) != kDeniedFunctions.end() || name.starts_with("pragma_");
}

bool is_schema_table(std::string_view name) {
  const auto lower = to_lower_ascii(name);
  return lower.starts_with("sqlite_") || lower.starts_with("pragma_") || lower.starts_with("dbstat");
}

void limit_sqlite_memory() { sqlite3_hard_heap_limit64(kHeapLimit); }

bool guard_connection(sqlite3* db, GuardLog* log) {
  for (const auto& [limit, value] : kLimits) sqlite3_limit(db, limit, value);
  const bool configured =
      set_flag(db, SQLITE_DBCONFIG_DEFENSIVE, 1) && set_flag(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0) &&
      set_flag(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0) && set_flag(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0) &&
      // "Japan" in double quotes is a misspelt column, not a text.
      set_flag(db, SQLITE_DBCONFIG_DQS_DML, 0) && set_flag(db, SQLITE_DBCONFIG_DQS_DDL, 0);
  return configured && run(db, "PRAGMA query_only=1") && run(db, "PRAGMA cell_size_check=1") &&
         run(db, "PRAGMA mmap_size=0") && run(db, "PRAGMA temp_store=MEMORY") &&
         sqlite3_set_authorizer(db, &authorize, log) == SQLITE_OK;
}

}  // namespace holdfast::text2sql
