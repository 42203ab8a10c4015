#include "journal/postgres_schema.hpp"

#include <fmt/format.h>

#include <array>

#include "journal/migrations.hpp"

namespace holdfast::journal {
namespace {

// "HFJ1", as in the header of a journal file.
constexpr std::int64_t kMigrationLock = 0x48464A31;

Result<void> check_encoding(PostgresConnection& connection, Deadline deadline) {
  const std::array<PostgresCommand, 1> commands{PostgresCommand("SELECT current_setting('server_encoding')")};
  auto results = connection.run(commands, deadline);
  if (!results) return fail(std::move(results));
  if (results->front().text(0, 0) == "UTF8") return {};
  return fail(
      ErrorCode::failed_precondition,
      fmt::format("database: its encoding is {}: create one with ENCODING 'UTF8'", results->front().text(0, 0)));
}

// Asks the catalogue as of now. to_regclass() would answer from a cache that may not know yet what another instance has
// committed while this one waited for the lock.
constexpr const char* kHasVersion =
    "SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
    "WHERE relname = 'schema_version' AND nspname = ANY (current_schemas(false))";

// 0: there are no tables yet.
Result<int> read_version(PostgresConnection& connection, Deadline deadline) {
  const std::array<PostgresCommand, 1> exists{PostgresCommand(kHasVersion)};
  auto found = connection.run(exists, deadline);
  if (!found) return fail(std::move(found));
  if (found->front().integer(0, 0) == 0) return 0;
  const std::array<PostgresCommand, 1> read{PostgresCommand("SELECT coalesce(max(version), 0) FROM schema_version")};
  auto version = connection.run(read, deadline);
  if (!version) return fail(std::move(version));
  return static_cast<int>(version->front().integer(0, 0));
}

// In an open transaction, which this leaves open.
Result<void> run_steps(PostgresConnection& connection, Deadline deadline) {
  auto version = read_version(connection, deadline);
  if (!version) return fail(std::move(version));
  if (*version >= kSchemaVersion) return {};  // Another instance was faster.
  std::string script;
  if (*version == 0)
    script = "CREATE TABLE schema_version (version INTEGER NOT NULL); INSERT INTO schema_version VALUES (0);";
  for (int next = *version + 1; next <= kSchemaVersion; ++next) {
    script += migrations()[static_cast<std::size_t>(next - 1)];
    script += fmt::format("UPDATE schema_version SET version = {};", next);
  }
  return connection.run_script(script, deadline);
}

Result<void> migrate_locked(PostgresConnection& connection, Deadline deadline) {
  // The lock ends with the transaction: no session has to be kept for it.
  auto locked = connection.run_script(
      fmt::format("BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({})", kMigrationLock), deadline);
  if (!locked) return locked;
  if (auto done = run_steps(connection, deadline); !done) return done;
  return connection.run_script("COMMIT", deadline);
}

}  // namespace

Result<void> migrate_postgres(PostgresConnection& connection, Deadline deadline) {
  if (auto encoding = check_encoding(connection, deadline); !encoding) return encoding;
  auto version = read_version(connection, deadline);
  if (!version) return fail(std::move(version));
  if (*version > kSchemaVersion) {
    return fail(ErrorCode::failed_precondition,
                fmt::format("database: written by a newer Holdfast (tables of version {}, this program knows {}): "
                            "start that version again, or name another database",
                            *version, kSchemaVersion));
  }
  if (*version == kSchemaVersion) return {};
  auto migrated = migrate_locked(connection, deadline);
  if (!migrated) connection.roll_back(deadline);
  if (!migrated) return fail(std::move(migrated), "bring the tables to the version of this program");
  return {};
}

}  // namespace holdfast::journal
