#include "journal/sqlite_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "journal/migrations.hpp"

namespace holdfast::journal {
namespace {

// "HFJ1" in the header of the file: how `file` and we recognise a journal.
constexpr std::int64_t kApplicationId = 0x48464A31;

// Written once, when the file is made. 4 KB pages: see docs/decisions/0003-sqlite-journal.md.
constexpr const char* kNewFile = "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL;";

// cache_size in KB: the pages of the runs in progress fit, and the supervisor stays small.
// temp_store: sorting must not need a writable /tmp. cell_size_check finds damaged pages early.
constexpr const char* kSettings = R"sql(
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA cache_size = -2048;
PRAGMA temp_store = MEMORY;
PRAGMA cell_size_check = ON;
PRAGMA journal_size_limit = 16777216;
)sql";

// Programs that read or copy the file do not lock writers out; one that writes to it is a mistake, which is
// told soon and found to be over by the next probe.
constexpr int kBusyTimeoutMs = 1000;

Result<void> create_if_absent(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    if (errno == EEXIST) return {};
    return fail_errno(ErrorCode::unavailable,
                      fmt::format("journal {}: cannot be created: the directory must exist and be writable for the "
                                  "user that runs Holdfast",
                                  path),
                      errno);
  }
  ::close(fd);
  // Or the name of the file may be gone after a power failure, and all runs with it.
  const auto directory = std::filesystem::absolute(path).parent_path();
  const int directory_fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory_fd >= 0) {
    ::fsync(directory_fd);
    ::close(directory_fd);
  }
  return {};
}

enum class Origin : unsigned char { empty, ours };

/// data_loss: an SQLite file of another program.
Result<Origin> find_origin(Connection& connection) {
  auto application_id = connection.integer("PRAGMA application_id");
  if (!application_id) return fail(std::move(application_id));
  if (*application_id == kApplicationId) return Origin::ours;

  auto tables = connection.integer("SELECT count(*) FROM sqlite_schema");
  if (!tables) return fail(std::move(tables));
  if (*application_id == 0 && *tables == 0) return Origin::empty;
  return fail(ErrorCode::data_loss,
              fmt::format("journal {}: this SQLite file belongs to another program: name another file or move this "
                          "one away",
                          connection.path()));
}

Result<void> migrate_one(Connection& connection, int version) {
  const std::string step(migrations()[static_cast<std::size_t>(version - 1)]);
  // The application id travels with the first step, so that a file is never half ours.
  const auto sql =
      fmt::format("BEGIN IMMEDIATE; {} UPDATE schema_version SET version = {}; PRAGMA application_id = {}; COMMIT;",
                  step, version, kApplicationId);
  auto done = connection.run(sql.c_str());
  if (!done) connection.roll_back();
  return done;
}

Result<void> migrate(Connection& connection) {
  auto made = connection.run(
      "BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL);"
      "INSERT INTO schema_version SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM schema_version); COMMIT;");
  if (!made) return made;
  auto version = connection.integer("SELECT version FROM schema_version");
  if (!version) return fail(std::move(version));
  if (*version > kSchemaVersion) {
    return fail(ErrorCode::failed_precondition,
                fmt::format("journal {}: written by a newer Holdfast (tables of version {}, this program knows {}): "
                            "start that version again, or name another file",
                            connection.path(), *version, kSchemaVersion));
  }
  for (int next = static_cast<int>(*version) + 1; next <= kSchemaVersion; ++next) {
    auto done = migrate_one(connection, next);
    if (!done) return fail(std::move(done), fmt::format("bring the tables to version {}", next));
  }
  return {};
}

}  // namespace

Result<Connection> open_journal_file(const std::string& path) {
  if (auto created = create_if_absent(path); !created) return fail(std::move(created));
  auto connection = Connection::open(path);
  if (!connection) return connection;
  sqlite3_busy_timeout(connection->get(), kBusyTimeoutMs);

  auto origin = find_origin(*connection);
  if (!origin) return fail(std::move(origin));
  if (*origin == Origin::empty) {
    if (auto set = connection->run(kNewFile); !set) return fail(std::move(set));
  }
  if (auto set = connection->run(kSettings); !set) return fail(std::move(set));
  if (auto migrated = migrate(*connection); !migrated) return fail(std::move(migrated));
  return connection;
}

}  // namespace holdfast::journal
