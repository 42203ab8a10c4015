// How the journal's database is doing, as clients of the original backend ask it.
#include <gmock/gmock.h>

#include "tests/contract/http/gateway_fixture.hpp"

namespace holdfast::testing {
namespace {

class DatabaseRoutesContract : public GatewayFixture {};

TEST_F(DatabaseRoutesContract, AHealthyDatabaseSaysSo) {
  start(quick_setup());
  EXPECT_TRUE(object_of(get("/health/database")).at("read_latency_ms").is_null()) << "nothing was read yet";
  get("/v1/runs/01890a5d-ac96-774b-bcce-b302099a8057");
  const auto reply = get("/health/database");
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto body = object_of(reply);
  EXPECT_EQ(text_of(body, "status"), "healthy");
  EXPECT_EQ(text_of(body, "database_connection"), "healthy");
  EXPECT_EQ(body.at("checkpointer_available"), true);
  EXPECT_EQ(text_of(body, "checkpointer_type"), "sqlite");
  EXPECT_TRUE(body.at("read_latency_ms").is_number());
  EXPECT_EQ(body.at("spill").at("active"), false);
  EXPECT_EQ(body.at("spill").at("depth"), 0);
  EXPECT_EQ(body.at("spill").at("oldest_seconds"), 0);
  EXPECT_TRUE(body.at("error").is_null());
  EXPECT_EQ(text_of(body, "timestamp").size(), 24U);
}

TEST_F(DatabaseRoutesContract, NoStatementIsPreparedUnderAName) {
  start(quick_setup());
  const auto body = object_of(get("/health/prepared-statements"));
  EXPECT_EQ(text_of(body, "status"), "healthy");
  EXPECT_EQ(text_of(body, "checkpointer_status"), "healthy");
  EXPECT_EQ(body.at("prepared_statements_count"), 0);
  EXPECT_EQ(text_of(body, "prepared_statement_names"), "none");
  EXPECT_TRUE(body.at("connection_kwargs").at("prepare_threshold").is_null());
}

TEST_F(DatabaseRoutesContract, ThePoolIsShownAndOnlyShown) {
  start(quick_setup());
  const auto body = object_of(get("/debug/pool-status"));
  for (const auto* name : {"size", "idle", "in_use", "waiting", "created", "broken", "resets"}) {
    EXPECT_EQ(body.at(name), 0) << name << ": SQLite has no pool";
  }
  EXPECT_EQ(body.at("has_connection_pool"), false);
  EXPECT_EQ(body.at("pool_healthy"), true);
  EXPECT_EQ(body.at("can_query"), true);
  EXPECT_EQ(post("/debug/pool-status", "{}").status, 405);
}

}  // namespace
}  // namespace holdfast::testing
