// The stores that are held to the contract.
#include <fstream>

#include "journal/spill_store.hpp"
#include "tests/contract/journal/thread_checkpoint_contract.hpp"
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

SpillConfig spill_config(const std::string& path) {
  return SpillConfig{.path = path + ".spill", .database_type = "sqlite", .shared = false};
}

Result<std::unique_ptr<Store>> open_spill(const std::string& path, const Clock& clock) {
  return open_spill_store(spill_config(path), [path, &clock] { return open_sqlite_store(path, clock); }, clock);
}

Result<std::unique_ptr<Store>> open_spill_away(const std::string& path, const Clock& clock) {
  auto config = spill_config(path);
  config.shared = true;
  auto away = []() -> Result<std::unique_ptr<Store>> { return fail(ErrorCode::unavailable, "fault: away"); };
  return open_spill_store(std::move(config), away, clock);
}

std::string name_of(const ::testing::TestParamInfo<StoreKind>& instance) { return instance.param.name; }

Opened open_spill_before_postgres(const std::string& path, const Clock& clock) {
  return open_spill_store(spill_config(path), [path, &clock] { return open_postgres(path, clock); }, clock);
}

constexpr StoreKind kSqlite{"Sqlite", open_sqlite_store, StoreTime::manual};
constexpr StoreKind kFaultySqlite{"FaultySqlite", open_faulty_sqlite, StoreTime::manual};
constexpr StoreKind kPostgres{"Postgres", open_postgres, StoreTime::real};
constexpr StoreKind kPostgresBehindPgbouncer{"PostgresBehindPgbouncer", open_behind_pgbouncer, StoreTime::real};
constexpr StoreKind kFaultyPostgres{"FaultyPostgres", open_faulty_postgres, StoreTime::real};
constexpr StoreKind kSpill{"Spill", open_spill, StoreTime::manual};
constexpr StoreKind kSpillBeforePostgres{"SpillBeforePostgres", open_spill_before_postgres, StoreTime::real};
constexpr StoreKind kSpillAway{"SpillAway", open_spill_away, StoreTime::manual};

INSTANTIATE_TEST_SUITE_P(All, StoreContract,
                         ::testing::Values(kSqlite, kFaultySqlite, kPostgres, kPostgresBehindPgbouncer, kFaultyPostgres,
                                           kSpill, kSpillBeforePostgres),
                         name_of);
INSTANTIATE_TEST_SUITE_P(All, ThreadCheckpointContract,
                         ::testing::Values(kSqlite, kFaultySqlite, kPostgres, kPostgresBehindPgbouncer, kFaultyPostgres,
                                           kSpill, kSpillBeforePostgres),
                         name_of);
INSTANTIATE_TEST_SUITE_P(All, StoreContractAlsoAway,
                         ::testing::Values(kSqlite, kFaultySqlite, kPostgres, kPostgresBehindPgbouncer, kFaultyPostgres,
                                           kSpill, kSpillBeforePostgres, kSpillAway),
                         name_of);

}  // namespace
}  // namespace holdfast::journal
