#include "app/open_journal.hpp"

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

}  // namespace

Result<std::unique_ptr<journal::Store>> open_journal(const Settings& settings, const std::string& data_dir,
                                                     const std::string& default_path) {
  const std::string_view url = settings.database;
  if (names_postgres(url)) {
    auto store = journal::open_spill_store({.path = data_dir + "/spill.sqlite", .database_type = "postgresql"},
                                           opener(settings), system_clock());
    if (!store) return fail(std::move(store), "database.url (DATABASE_URL, --database)");
    return store;
  }
  const bool named = !url.empty();
  if (named && !url.starts_with(kSqliteScheme)) {
    return fail(ErrorCode::invalid_argument,
                "database.url (DATABASE_URL, --database) must be empty, sqlite:PATH or "
                "postgresql://USER:PASSWORD@HOST:PORT/DATABASE");
  }
  auto store =
      journal::open_sqlite_store(named ? std::string(url.substr(kSqliteScheme.size())) : default_path, system_clock());
  if (!store) {
    return fail(std::move(store),
                named ? "open the journal named by database.url (DATABASE_URL, --database)" : "open the journal");
  }
  return store;
}

}  // namespace holdfast::app
