// The stores that are held to the contract.
#include <fstream>

#include "tests/contract/journal/store_contract.hpp"
#include "tests/support/postgres_stores.hpp"

namespace holdfast::journal {
namespace {

using Opened = Result<std::unique_ptr<Store>>;

Opened made_faulty(Opened store) {
  if (!store) return store;
  return std::make_unique<testing::FaultyStore>(std::move(*store));
}

// The database that belongs to `path`: made at the first opening, its name written down there.
std::string database_of(const std::string& path) {
  std::string name;
  if (std::ifstream(path) >> name) return name;
  name = testing::PostgresCluster::shared().create_database();
  std::ofstream(path) << name;
  return name;
}

Opened open_faulty_sqlite(const std::string& path, const Clock& clock) {
  return made_faulty(open_sqlite_store(path, clock));
}

Opened open_postgres(const std::string& path, const Clock&) {
  return open_postgres_store(testing::postgres_config(testing::PostgresCluster::shared().url(database_of(path))));
}

Opened open_behind_pgbouncer(const std::string& path, const Clock&) {
  return open_postgres_store(testing::postgres_config(testing::Pgbouncer::shared().url(database_of(path))));
}

Opened open_faulty_postgres(const std::string& path, const Clock& clock) {
  return made_faulty(open_postgres(path, clock));
}

INSTANTIATE_TEST_SUITE_P(All, StoreContract,
                         ::testing::Values(StoreKind{"Sqlite", open_sqlite_store, StoreTime::manual},
                                           StoreKind{"FaultySqlite", open_faulty_sqlite, StoreTime::manual},
                                           StoreKind{"Postgres", open_postgres, StoreTime::real},
                                           StoreKind{"PostgresBehindPgbouncer", open_behind_pgbouncer, StoreTime::real},
                                           StoreKind{"FaultyPostgres", open_faulty_postgres, StoreTime::real}),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace holdfast::journal
