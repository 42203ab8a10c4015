// The stores that are held to the contract.
#include "tests/contract/journal/store_contract.hpp"

namespace holdfast::journal {
namespace {

Result<std::unique_ptr<Store>> open_faulty_store(const std::string& path, const Clock& clock) {
  auto store = open_sqlite_store(path, clock);
  if (!store) return store;
  return std::make_unique<testing::FaultyStore>(std::move(*store));
}

INSTANTIATE_TEST_SUITE_P(All, StoreContract,
                         ::testing::Values(StoreKind{"Sqlite", open_sqlite_store},
                                           StoreKind{"FaultySqlite", open_faulty_store}),
                         [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace holdfast::journal
