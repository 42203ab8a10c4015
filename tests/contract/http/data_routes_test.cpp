// What the built-in worker can be asked about, for people who look before they ask.
#include <gmock/gmock.h>

#include "tests/contract/http/gateway_fixture.hpp"

namespace holdfast::testing {
namespace {

const std::string kRows = R"({"columns":["a"],"rows":[[1],[null]],"row_count":2,"truncated":false})";

class DataRoutesContract : public GatewayFixture {
 protected:
  void start_with_data() {
    auto setup = quick_setup();
    setup.gateway.data_tables.emplace();
    for (int i = 0; i < 12; ++i) {
      setup.gateway.data_tables->push_back(
          {"table" + std::to_string(i), "Title " + std::to_string(i), i == 3 ? "About Rainfall" : "About life", kRows});
    }
    start(std::move(setup));
  }
};

TEST_F(DataRoutesContract, TheCatalogueComesInPagesAndIsSearched) {
  start_with_data();
  auto body = object_of(get("/catalog"));
  EXPECT_EQ(body.at("total"), 12);
  EXPECT_EQ(body.at("page"), 1);
  EXPECT_EQ(body.at("page_size"), 10);
  EXPECT_EQ(body.at("results").as_array().size(), 10U);
  body = object_of(get("/catalog?page=2"));
  EXPECT_EQ(body.at("results").as_array().size(), 2U);
  EXPECT_EQ(body.at("results").at(0).at("selection_code"), "table10");
  EXPECT_TRUE(object_of(get("/catalog?page=1000000&page_size=1000")).at("results").as_array().empty());
  body = object_of(get("/catalog?q=%20rainFALL"));
  EXPECT_EQ(body.at("total"), 1);
  EXPECT_EQ(body.at("results").at(0).at("extended_description"), "About Rainfall");
  EXPECT_EQ(object_of(get("/catalog?q=snow")).at("total"), 0);
  for (const auto* query : {"page=0", "page=x", "page_size=0", "page_size=1001"}) {
    EXPECT_EQ(get(std::string("/catalog?") + query).status, 422) << query;
  }
}

TEST_F(DataRoutesContract, TablesAreListedAndShown) {
  start_with_data();
  EXPECT_EQ(object_of(get("/data-tables")).at("tables").as_array().size(), 12U);
  const auto found = object_of(get("/data-tables?q=table11")).at("tables").as_array();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found.at(0).at("short_description"), "Title 11");
  EXPECT_EQ(get("/data-table?table=table3").body, kRows);
  EXPECT_EQ(get("/data-table?table=nothing").status, 404);
  EXPECT_EQ(get("/data-table?table=").status, 404);
  EXPECT_EQ(get("/data-table").status, 422);
}

TEST_F(DataRoutesContract, WithAnotherWorkerThereIsNoCatalogueAndTheAnswerSaysWhy) {
  start(quick_setup());
  for (const auto* target : {"/catalog", "/data-tables", "/data-table?table=t", "/data-table", "/catalog?page=x"}) {
    const auto reply = get(target);
    EXPECT_EQ(reply.status, 404) << target;
    EXPECT_THAT(reply.body, ::testing::HasSubstr("built-in worker")) << target;
  }
}

}  // namespace
}  // namespace holdfast::testing
