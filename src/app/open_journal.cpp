#include "app/open_journal.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "journal/postgres.hpp"
#include "journal/spill_store.hpp"

namespace holdfast::app {
namespace {

constexpr std::string_view kSqliteScheme = "sqlite:";

bool names_postgres(std::string_view url) { return url.starts_with("postgresql://") || url.starts_with("postgres://"); }

journal::OpenDatabase opener(const Settings& settings) {
  const journal::PostgresConfig config{
      .url = settings.database, .pool_size = settings.database_pool_size, .statement_limit = settings.database_timeout};
  return [config] { return journal::open_postgres_store(config); };
}

std::string sqlite_path(const Settings& settings, const std::string& default_path) {
  const std::string_view url = settings.database;
  return url.empty() ? default_path : std::string(url.substr(std::min(url.size(), kSqliteScheme.size())));
}

constexpr std::string_view kNamed = "database.url (DATABASE_URL, --database)";

// What an error is about: the setting, when there is one.
std::string_view opening(const Settings& settings) { return settings.database.empty() ? "open the journal" : kNamed; }

}  // namespace

Result<std::optional<FileLock>> lock_journal_of(const Settings& settings, const std::string& default_path) {
  const bool in_file = settings.database.empty() || settings.database.starts_with(kSqliteScheme);
  if (!in_file) return std::optional<FileLock>();
  auto lock = lock_journal(sqlite_path(settings, default_path));
  if (!lock) return fail(std::move(lock), opening(settings));
  return lock;
}

Result<std::unique_ptr<journal::Store>> open_journal(const Settings& settings, const std::string& data_dir,
                                                     const std::string& default_path) {
  const std::string_view url = settings.database;
  if (names_postgres(url)) {
    auto store = journal::open_spill_store({.path = data_dir + "/spill.sqlite", .database_type = "postgresql"},
                                           opener(settings), system_clock());
    if (!store) return fail(std::move(store), kNamed);
    return store;
  }
  if (!url.empty() && !url.starts_with(kSqliteScheme)) {
    return fail(ErrorCode::invalid_argument, fmt::format("{} must be empty, sqlite:PATH or "
                                                         "postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
                                                         kNamed));
  }
  auto store = journal::open_sqlite_store(sqlite_path(settings, default_path), system_clock());
  if (!store) return fail(std::move(store), opening(settings));
  return store;
}

}  // namespace holdfast::app
