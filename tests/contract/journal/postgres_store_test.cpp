// What only a database can do: be killed, restarted, full, read-only, slow, frozen, away.
#include <atomic>

#include "tests/contract/journal/postgres_fixture.hpp"

namespace holdfast::journal {
namespace {

using ::testing::HasSubstr;
using namespace holdfast::testing;
using std::chrono::milliseconds;

TEST_F(PostgresStoreTest, ConnectionsKilledBetweenCommitsCostNothingThatWasAcknowledged) {
  open();
  const auto id = started();
  for (int round = 0; round < 8; ++round) {
    kill_connections();
    EXPECT_TRUE(eventually([&] { return write(progress_of(id)).has_value(); }));
  }
  EXPECT_GE(history(id).size(), 10U);
  expect_gapless(id);
  EXPECT_GT(store_->health().connections.broken, 0U);
}

class PostgresDisasterTest : public PostgresStoreTest {
 protected:
  // Writes until all disasters are over, and compares what was acknowledged with what is there.
  void write_through(const std::function<void()>& disaster, int disasters) {
    open();
    const auto id = started();
    std::atomic<bool> over = false;
    std::vector<std::string> acknowledged;
    std::vector<std::string> tried;
    std::thread writer([&] {
      for (int i = 0; !over; ++i) {
        const auto body = R"({"n":)" + std::to_string(i) + "}";
        tried.push_back(body);
        if (write(progress_of(id, 1, body))) acknowledged.push_back(body);
      }
    });
    for (int i = 0; i < disasters; ++i) {
      std::this_thread::sleep_for(milliseconds(40));
      disaster();
    }
    over = true;
    writer.join();
    EXPECT_TRUE(eventually([&] { return write(completion_of(id)).has_value(); })) << "work goes on";

    expect_gapless(id);
    std::vector<std::string> stored;
    for (const auto& entry : history(id)) {
      if (entry.kind == EntryKind::progress) stored.push_back(entry.body);
    }
    EXPECT_THAT(stored, ::testing::IsSupersetOf(acknowledged));
    EXPECT_THAT(tried, ::testing::IsSupersetOf(stored)) << "each write is there once or not";
    EXPECT_FALSE(acknowledged.empty());
  }
};

TEST_F(PostgresDisasterTest, ConnectionsKilledInTheMiddleOfCommitsLoseNothingAcknowledged) {
  write_through([this] { kill_connections(); }, 12);
}

TEST_F(PostgresDisasterTest, AServerThatCrashesInTheMiddleOfCommitsLosesNothingAcknowledged) {
  auto& cluster = PostgresCluster::shared();
  write_through(
      [&cluster] {
        cluster.stop_immediately();
        cluster.start();
      },
      3);
}

TEST_F(PostgresStoreTest, AReadOnlyDatabaseIsUnavailableUntilItTakesWritesAgain) {
  open();
  const auto id = started();
  execute("ALTER DATABASE " + database_ + " SET default_transaction_read_only = on");
  kill_connections();
  EXPECT_TRUE(eventually([&] { return store_->find(id).has_value(); })) << "reads go on";
  const auto refused = write(progress_of(id));
  EXPECT_THAT(refused, FailsWith(ErrorCode::unavailable));
  EXPECT_THAT(refused.error().message(), HasSubstr("read-only"));
  EXPECT_THAT(store_->probe(), FailsWith(ErrorCode::unavailable));
  reopen();

  PostgresCluster::shared().execute("postgres", "ALTER DATABASE " + database_ + " RESET default_transaction_read_only");
  kill_connections();
  EXPECT_TRUE(eventually([&] { return store_->probe().has_value(); }));
  EXPECT_TRUE(write(progress_of(id)));
  EXPECT_EQ(history(id).size(), 3U);
}

TEST_F(PostgresStoreTest, AFullDiskIsUnavailableAndChangesNothing) {
  open();
  const auto id = started();
  execute(
      "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;"
      "CREATE TRIGGER full_disk BEFORE INSERT ON entries EXECUTE FUNCTION full_disk()");
  const auto refused = write(progress_of(id));
  EXPECT_THAT(refused, FailsWith(ErrorCode::unavailable));
  EXPECT_THAT(refused.error().message(), HasSubstr("free space"));
  EXPECT_EQ(find(id).last_seq, 2);
  execute("DROP TRIGGER full_disk ON entries");
  EXPECT_TRUE(write(progress_of(id)));
  EXPECT_EQ(store_->health().connections.broken, 0U) << "the connection was not to blame";
}

TEST_F(PostgresStoreTest, AStatementThatIsSlowerThanTheLimitIsUnavailableAndTheNextOneWorks) {
  config_.statement_limit = milliseconds(300);
  open();
  const auto id = started();
  Session other(url());
  other.run("BEGIN; LOCK TABLE runs");
  const auto refused = write(progress_of(id));
  EXPECT_THAT(refused, FailsWith(ErrorCode::unavailable));
  EXPECT_THAT(store_->find(id), FailsWith(ErrorCode::unavailable));
  other.run("ROLLBACK");
  EXPECT_TRUE(eventually([&] { return write(progress_of(id)).has_value(); }));
  EXPECT_EQ(history(id).size(), 3U);
}

TEST_F(PostgresStoreTest, AFrozenServerIsUnavailableAndWorkGoesOnWhenItThaws) {
  config_.statement_limit = milliseconds(300);
  open();
  const auto id = started();
  PostgresCluster::shared().freeze();
  EXPECT_THAT(write(progress_of(id)), FailsWith(ErrorCode::unavailable));
  EXPECT_THAT(write(progress_of(id)), FailsWith(ErrorCode::unavailable));
  EXPECT_FALSE(store_->find(id));
  PostgresCluster::shared().thaw();
  EXPECT_TRUE(eventually([&] { return write(progress_of(id)).has_value(); }));
  expect_gapless(id);
}

TEST_F(PostgresStoreTest, TwoStoresThatAcceptOneIdAtOnceAgreeOnOneRun) {
  open();
  auto other = open_postgres_store(config_).value();
  for (int round = 0; round < 25; ++round) {
    const auto id = RunId::make();
    const std::vector<Write> ours{new_run(id, "ann", "t1", "ours"), new_run(RunId::make())};
    const std::vector<Write> theirs{new_run(RunId::make()), new_run(id, "bob", "t2", "theirs")};
    std::vector<Result<Written>> their_results;
    std::thread second([&] { their_results = other->commit(theirs); });
    const auto our_results = store_->commit(ours);
    second.join();
    ASSERT_TRUE(our_results[0]) << our_results[0].error().message();
    ASSERT_TRUE(their_results[1]) << their_results[1].error().message();
    EXPECT_NE(our_results[0]->changed, their_results[1]->changed);
    EXPECT_EQ(our_results[0]->run.owner, their_results[1]->run.owner);
    EXPECT_EQ(history(id).size(), 1U);
    EXPECT_TRUE(our_results[1]->changed && their_results[0]->changed) << "the others of the batch are not hurt";
  }
}

TEST_F(PostgresStoreTest, WhatAnotherInstanceDidIsHeardAlsoAfterTheConnectionBroke) {
  open();
  Mutex mutex;
  std::vector<RunId> runs;
  int queued = 0;
  store_->on_change([&](Change change) {
    MutexLock lock(mutex);
    queued += change.queued ? 1 : 0;
    for (auto& id : change.runs) runs.push_back(std::move(id));
  });
  auto other = open_postgres_store(config_).value();
  store_->renew_lease("i1", milliseconds(60'000)).value();
  other->renew_lease("i2", milliseconds(60'000)).value();

  const auto hears_of = [&] {
    const auto id = RunId::make();
    const std::vector<Write> writes{new_run(id), start_of(id)};
    (void)other->commit(writes);
    std::this_thread::sleep_for(milliseconds(5));
    MutexLock lock(mutex);
    return queued > 0 && std::ranges::find(runs, id) != runs.end();
  };
  EXPECT_TRUE(eventually(hears_of));
  kill_connections();
  EXPECT_TRUE(eventually(hears_of));

  const auto own = accepted();
  EXPECT_TRUE(eventually(hears_of));
  MutexLock lock(mutex);
  EXPECT_TRUE(std::ranges::find(runs, own) == runs.end()) << "own changes are no news";
}

TEST_F(PostgresStoreTest, NobodyIsJudgedRightAfterTheDatabaseWasAway) {
  constexpr milliseconds kLease{1'000};
  open();
  accepted();
  store_->renew_lease("gone", milliseconds(1)).value();
  store_->claim(Claim{"gone", {"{}"}}).value();
  const auto judged = [&] {
    store_->renew_lease("judge", kLease).value();
    return !store_->orphans(10).value().empty();
  };
  EXPECT_TRUE(eventually(judged)) << "the silence has lasted one lease time";
  // On a busy machine a whole lease time may pass before the database is asked again: then once more.
  bool looked_in_time = false;
  for (int tries = 0; tries < 30 && !looked_in_time; ++tries) {
    const auto broken_at = system_clock().steady();
    kill_connections();
    ASSERT_TRUE(eventually([&] { return store_->renew_lease("judge", kLease).has_value(); }));
    const auto orphans = store_->orphans(10);
    looked_in_time = system_clock().steady() - broken_at < kLease;
    if (looked_in_time) EXPECT_TRUE(!orphans || orphans->empty()) << "nobody could renew while it was away";
  }
  EXPECT_TRUE(looked_in_time);
  EXPECT_GT(store_->health().connections.broken, 0U);
  EXPECT_TRUE(eventually([&] { return store_->orphans(10).value_or(std::vector<journal::Run>()).size() == 1; }));
}

}  // namespace
}  // namespace holdfast::journal
