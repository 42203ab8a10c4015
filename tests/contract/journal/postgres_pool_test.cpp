// Connections: how a store opens, which ones are replaced, what a refusal says.
#include <atomic>

#include "tests/contract/journal/postgres_fixture.hpp"

namespace holdfast::journal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace holdfast::testing;
using std::chrono::milliseconds;

TEST_F(PostgresStoreTest, OnlyTheBrokenConnectionIsReplaced) {
  open();
  ASSERT_TRUE(eventually([&] { return store_->health().connections.size == 2; }));
  EXPECT_EQ(store_->health().connections.created, 2U);
  execute(
      "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE application_name = 'holdfast' "
      "AND datname = current_database() LIMIT 1) AS one");
  EXPECT_TRUE(eventually([&] {
    const auto connections = store_->health().connections;
    return connections.broken == 1 && connections.created == 3 && connections.size == 2;
  }));
  EXPECT_TRUE(store_->probe());
  EXPECT_TRUE(store_->health().reachable);
}

TEST_F(PostgresStoreTest, AResetReplacesEveryConnectionWithoutCuttingWork) {
  open();
  const auto id = started();
  ASSERT_TRUE(eventually([&] { return store_->health().connections.size == 2; }));
  std::atomic<bool> over = false;
  std::atomic<int> failed = 0;
  std::thread writer([&] {
    while (!over) failed += write(progress_of(id)) ? 0 : 1;
  });
  EXPECT_TRUE(store_->reset_connections());
  EXPECT_TRUE(eventually([&] {
    const auto connections = store_->health().connections;
    return connections.resets == 1 && connections.size == 2;
  }));
  over = true;
  writer.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(store_->health().connections.created, 4U);
  EXPECT_EQ(store_->health().connections.broken, 0U);
}

TEST_F(PostgresStoreTest, AServerThatIsAwayIsTriedAgainUntilItIsBack) {
  open();
  const auto id = started();
  PostgresCluster::shared().stop();
  EXPECT_THAT(write(progress_of(id)), FailsWith(ErrorCode::unavailable));
  EXPECT_TRUE(eventually([&] { return !store_->health().reachable; }));
  EXPECT_THAT(store_->health().error, HasSubstr("database"));
  EXPECT_THAT(store_->find(id), FailsWith(ErrorCode::unavailable));
  EXPECT_THAT(open_postgres_store(config_), FailsWith(ErrorCode::unavailable));
  PostgresCluster::shared().start();
  EXPECT_TRUE(eventually([&] { return store_->probe().has_value(); }));
  EXPECT_TRUE(write(progress_of(id)));
  EXPECT_TRUE(store_->health().reachable);
}

TEST_F(PostgresStoreTest, ADatabaseThatDoesNotExistIsNamedAsSuch) {
  config_.url = PostgresCluster::shared().url("nowhere");
  const auto opened = open_postgres_store(config_);
  EXPECT_THAT(opened, FailsWith(ErrorCode::failed_precondition));
  EXPECT_THAT(opened.error().message(), HasSubstr("create it"));
}

TEST_F(PostgresStoreTest, AUrlThatIsNotOneIsInvalidAndItsPasswordStaysSecret) {
  for (const char* url : {"postgresql://user:secret@host:port/database%zz", "postgresql://user:secret@[::1/database",
                          "secret", "postgresql://user:secret@host/database?nonsense=1"}) {
    config_.url = url;
    const auto opened = open_postgres_store(config_);
    EXPECT_FALSE(opened) << url;
    EXPECT_THAT(opened.error().message(), Not(HasSubstr("secret")));
  }
  config_.url = this->url();
  config_.pool_size = 5;
  EXPECT_THAT(open_postgres_store(config_), FailsWith(ErrorCode::invalid_argument));
}

TEST_F(PostgresStoreTest, TwoInstancesThatStartAtOnceOnAnEmptyDatabaseBothOpen) {
  Result<std::unique_ptr<Store>> first;
  Result<std::unique_ptr<Store>> second;
  std::thread other([&] { first = open_postgres_store(config_); });
  second = open_postgres_store(config_);
  other.join();
  EXPECT_TRUE(first) << first.error().message();
  EXPECT_TRUE(second) << second.error().message();
}

TEST_F(PostgresStoreTest, TablesOfAnOlderHoldfastGetWhatIsNewAndKeepTheirRuns) {
  open();
  const auto id = accepted();
  store_.reset();
  execute(
      "DROP INDEX runs_not_acknowledged; DROP TABLE incidents, kept_threads, thread_checkpoints, thread_parts, "
      "thread_writes, request_bodies, request_pieces; UPDATE schema_version SET "
      "version = 2");
  open();
  EXPECT_TRUE(store_->find(id).value());
  Incident incident;
  incident.kind = "started";
  ASSERT_TRUE(store_->note_incidents(std::vector{incident}));
  EXPECT_EQ(store_->incidents({}).value().incidents.size(), 1U);
}

TEST_F(PostgresStoreTest, TablesOfANewerHoldfastAreLeftAlone) {
  open();
  store_.reset();
  execute("UPDATE schema_version SET version = 1000");
  const auto opened = open_postgres_store(config_);
  EXPECT_THAT(opened, FailsWith(ErrorCode::failed_precondition));
  EXPECT_THAT(opened.error().message(), HasSubstr("newer Holdfast"));
}

}  // namespace
}  // namespace holdfast::journal
