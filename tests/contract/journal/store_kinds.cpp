// The stores that are held to the contract.
#include "journal/spill_store.hpp"
#include "tests/contract/journal/store_contract.hpp"

namespace holdfast::journal {
namespace {

Result<std::unique_ptr<Store>> open_faulty_store(const std::string& path, const Clock& clock) {
  auto store = open_sqlite_store(path, clock);
  if (!store) return store;
  return std::make_unique<testing::FaultyStore>(std::move(*store));
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

constexpr StoreKind kSqlite{"Sqlite", open_sqlite_store};
constexpr StoreKind kFaultySqlite{"FaultySqlite", open_faulty_store};
constexpr StoreKind kSpill{"Spill", open_spill};
constexpr StoreKind kSpillAway{"SpillAway", open_spill_away};

INSTANTIATE_TEST_SUITE_P(All, StoreContract, ::testing::Values(kSqlite, kFaultySqlite, kSpill), name_of);
INSTANTIATE_TEST_SUITE_P(All, StoreContractAlsoAway, ::testing::Values(kSqlite, kFaultySqlite, kSpill, kSpillAway),
                         name_of);

}  // namespace
}  // namespace holdfast::journal
