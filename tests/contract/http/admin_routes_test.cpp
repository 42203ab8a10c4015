// What administrators may do and look into, and nobody else.
#include <gmock/gmock.h>

#include "tests/contract/http/api_key_fixture.hpp"
#include "tests/support/postgres_stores.hpp"

namespace holdfast::testing {
namespace {

constexpr const char* kReset = "/admin/reset-pool";
constexpr const char* kDebugThread = "/debug/chat/t1/checkpoints";
constexpr const char* kIncidents = "/v1/incidents";
const std::string kDebugRun = "/debug/run-id/" + kId;

// A journal with an incident of each kind, in this order.
Result<std::unique_ptr<journal::Store>> journal_with(const std::string& path, const std::vector<std::string>& kinds) {
  auto store = journal::open_sqlite_store(path, system_clock());
  std::vector<journal::Incident> incidents;
  for (const auto& kind : kinds) {
    journal::Incident incident;
    incident.at = system_clock().wall() + std::ssize(incidents);
    incident.instance = "one";
    incident.kind = kind;
    incident.body = R"({"to":"critical"})";
    incidents.push_back(std::move(incident));
  }
  if (store) EXPECT_TRUE((*store)->note_incidents(incidents));
  return store;
}

TEST_F(ApiKeyContract, TheRoutesOfAdministratorsAnswerNobodyElse) {
  start_with_keys(quick_setup());
  EXPECT_EQ(post(kReset, "").status, 401);
  const auto refused = post_as("ada", kReset);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(text_of(object_of(refused), "type"), "/problems/not-an-administrator");
  EXPECT_EQ(post_as("root", kReset).status, 200);
  EXPECT_EQ(get_as("root", kReset).status, 405);
}

TEST_F(ApiKeyContract, AnAdministratorLooksIntoTheRunOfAUser) {
  start_with_keys(quick_setup());
  ask_as_ada();
  wait_for_the_answer();
  const auto own = object_of(get_as("ada", kDebugRun));
  EXPECT_EQ(own.at("user_owns_run_id"), true);
  EXPECT_EQ(get_as("bob", kDebugRun).status, 404);
  const auto seen = get_as("root", kDebugRun);
  ASSERT_EQ(seen.status, 200) << seen.body;
  const auto body = object_of(seen);
  EXPECT_EQ(body.at("user_owns_run_id"), false);
  EXPECT_EQ(text_of(*find_object(body, "database_details"), "user_email"), "ada");
}

TEST_F(ApiKeyContract, AnAdministratorLooksIntoTheThreadOfAUserByNamingBoth) {
  start_with_keys(quick_setup("--stream --steps 2"));
  ask_as_ada();
  wait_for_the_answer();
  const std::string of_ada = std::string(kDebugThread) + "?owner=ada";
  EXPECT_EQ(object_of(get_as("ada", kDebugThread)).at("total_checkpoints"), 1);
  EXPECT_EQ(object_of(get_as("ada", of_ada)).at("total_checkpoints"), 1);
  EXPECT_EQ(get_as("bob", kDebugThread).status, 404);
  EXPECT_EQ(get_as("bob", of_ada).status, 404) << "the same answer as for a thread that is not there";
  EXPECT_EQ(get_as("root", kDebugThread).status, 404) << "a thread id is a name within its owner";
  const auto seen = get_as("root", of_ada);
  ASSERT_EQ(seen.status, 200) << seen.body;
  EXPECT_EQ(object_of(seen).at("total_checkpoints"), 1);
}

TEST_F(ApiKeyContract, WhatHappenedToTheServersIsForAdministrators) {
  auto setup = quick_setup();
  setup.open_store = [this] { return journal_with(directory_ / "journal.db", {"started", "level_changed"}); };
  start_with_keys(std::move(setup));
  EXPECT_EQ(get(kIncidents).status, 401);
  EXPECT_EQ(text_of(object_of(get_as("ada", kIncidents)), "type"), "/problems/not-an-administrator");
  const auto reply = get_as("root", kIncidents);
  ASSERT_EQ(reply.status, 200) << reply.body;
  const auto body = object_of(reply);
  ASSERT_EQ(body.at("incidents").as_array().size(), 2U);
  const auto& latest = body.at("incidents").at(0).as_object();
  EXPECT_EQ(text_of(latest, "kind"), "level_changed");
  EXPECT_EQ(text_of(latest, "instance"), "one");
  EXPECT_EQ(latest.at("body").at("to"), "critical");
  EXPECT_EQ(body.at("dropped"), 0);
}

class IncidentsContract : public GatewayFixture {};

TEST_F(IncidentsContract, OnlyTheLatestAreKept) {
  auto setup = quick_setup();
  setup.open_store = [this] { return journal_with(directory_ / "journal.db", {"a", "b", "c", "d", "e"}); };
  setup.retention.incidents = 2;
  setup.retention.batch = 1;
  start(std::move(setup));
  const auto kinds = [this] {
    std::string kinds;
    const auto page = object_of(get(kIncidents));
    for (const auto& incident : page.at("incidents").as_array()) kinds += text_of(incident.as_object(), "kind");
    return kinds;
  };
  for (int i = 0; i < 2000 && kinds() != "ed"; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(kinds(), "ed");
}

class PoolResetContract : public GatewayFixture {};

TEST_F(PoolResetContract, AJournalWithoutAPoolSaysThatThereIsNothingToReset) {
  start(quick_setup());
  const auto reply = post(kReset, "");
  ASSERT_EQ(reply.status, 200) << "without a login everybody is the administrator";
  const auto body = object_of(reply);
  EXPECT_EQ(text_of(body, "status"), "nothing_to_reset");
  EXPECT_EQ(text_of(body, "checkpointer_type"), "sqlite");
  for (const auto* name : {"replaced", "size", "created", "resets"}) EXPECT_EQ(body.at(name), 0) << name;
}

class PostgresPoolResetContract : public GatewayFixture {
 protected:
  std::size_t entries_of(const std::string& id) {
    return object_of(get("/v1/runs/" + id + "/timeline")).at("entries").as_array().size();
  }
};

TEST_F(PostgresPoolResetContract, EveryConnectionIsReplacedAndNoWorkIsCut) {
  constexpr int kResets = 8;
  auto setup = quick_setup("--stream --steps 40 --sleep-ms 10");
  auto& cluster = PostgresCluster::shared();
  const auto url = cluster.url(cluster.create_database());
  setup.open_store = [url] { return journal::open_postgres_store(postgres_config(url)); };
  start(std::move(setup));
  std::vector<std::string> ids;
  for (int i = 0; i < 4; ++i) {
    ids.push_back(RunId::make().text());
    ASSERT_EQ(start_run(ids.back()).status, 202);
  }
  for (int i = 1; i <= kResets; ++i) {
    const auto reply = post(kReset, "");
    ASSERT_EQ(reply.status, 200) << reply.body;
    const auto body = object_of(reply);
    EXPECT_EQ(text_of(body, "status"), "done") << reply.body;
    EXPECT_EQ(body.at("resets"), i);
    EXPECT_GE(body.at("replaced").as_int64(), 1) << reply.body;
  }
  for (const auto& id : ids) {
    EXPECT_EQ(text_of(finished_run(id), "status"), "completed");
    EXPECT_EQ(attempts_of(id), 1);
    // Accepted, started, completed, and two for each step: none was lost on the way.
    EXPECT_EQ(entries_of(id), 83U);
  }
  EXPECT_EQ(object_of(get("/debug/pool-status")).at("broken"), 0);
}

}  // namespace
}  // namespace holdfast::testing
