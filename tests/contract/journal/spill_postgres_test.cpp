// The local journal before a real PostgreSQL server that stops, crashes and comes back.
#include <atomic>

#include "journal/spill_store.hpp"
#include "tests/contract/journal/postgres_fixture.hpp"

namespace holdfast::journal {
namespace {

using namespace holdfast::testing;
using std::chrono::milliseconds;

class SpillBeforePostgresTest : public PostgresStoreTest {
 protected:
  void open_spill() {
    SpillConfig config{.path = directory_ / "spill.sqlite", .database_type = "postgresql"};
    config.retry_interval = milliseconds(50);
    auto open_database = [config = config_] { return open_postgres_store(config); };
    store_ = open_spill_store(std::move(config), std::move(open_database), system_clock()).value();
  }

  /// Written with what the writer knows, as the coordinator does.
  journal::Run go_on(const journal::Run& run, Append append) {
    append.known = std::make_shared<const journal::Run>(run);
    auto written = write(std::move(append));
    EXPECT_TRUE(written) << written.error().message();
    return written ? written->run : run;
  }

  journal::Run live_through(const RunId& id) {
    auto accepted = write(new_run(id));
    EXPECT_TRUE(accepted) << accepted.error().message();
    if (!accepted) return journal::Run{.id = id};
    const auto running = go_on(accepted->run, start_of(id));
    return go_on(running, completion_of(id));
  }

  bool everything_is_moved() {
    return eventually([&] {
      store_->settle();
      const auto spill = store_->health().spill;
      return !spill.active && spill.depth == 0;
    });
  }

  [[nodiscard]] std::int64_t count(const std::string& what) const {
    return std::stoll(execute("SELECT count(*) " + what));
  }

  TemporaryDirectory directory_;
};

TEST_F(SpillBeforePostgresTest, AServerThatWasStoppedHasEveryRunOnceWhenItIsBack) {
  open_spill();
  const auto id = RunId::make();
  const auto under_way = go_on(write(new_run(id)).value().run, start_of(id));
  PostgresCluster::shared().stop();
  go_on(go_on(under_way, progress_of(id)), completion_of(id));
  const auto whole = RunId::make();
  live_through(whole);
  const auto waiting = accepted();
  EXPECT_TRUE(store_->health().spill.active);
  EXPECT_EQ(store_->health().spill.depth, 3);
  // A new process finds what this one took.
  open_spill();
  EXPECT_EQ(store_->health().spill.depth, 3);
  EXPECT_EQ(find(whole).status, RunStatus::completed);

  PostgresCluster::shared().start();
  ASSERT_TRUE(everything_is_moved());
  EXPECT_EQ(store_->health().spill.fenced, 0);
  EXPECT_EQ(count("FROM runs"), 3);
  EXPECT_EQ(count("FROM entries"), 4 + 3 + 1);
  for (const auto& ended : {id, whole}) {
    EXPECT_EQ(find(ended).status, RunStatus::completed);
    expect_gapless(ended);
  }
  EXPECT_EQ(find(waiting).status, RunStatus::queued);
  EXPECT_EQ(live_through(RunId::make()).status, RunStatus::completed);
}

TEST_F(SpillBeforePostgresTest, IncidentsOfAnOutageAreInTheDatabaseEachOnce) {
  open_spill();
  const auto note = [this] {
    Incident incident;
    incident.at = system_clock().wall();
    incident.kind = "level_changed";
    EXPECT_TRUE(store_->note_incidents(std::vector{incident}));
  };
  note();
  PostgresCluster::shared().stop();
  note();
  note();
  // A new process finds them.
  open_spill();
  EXPECT_EQ(store_->incidents({}).value().incidents.size(), 2U);
  EXPECT_FALSE(store_->incidents({}).value().complete);
  PostgresCluster::shared().start();
  ASSERT_TRUE(eventually([&] {
    store_->settle();
    return !store_->settles_again_in();
  }));
  EXPECT_EQ(count("FROM incidents"), 3);
  EXPECT_EQ(store_->incidents({}).value().incidents.size(), 3U);
}

TEST_F(SpillBeforePostgresTest, AServerThatCrashesInTheMiddleOfCommitsHasEveryRunOnce) {
  open_spill();
  std::atomic<bool> over = false;
  std::vector<RunId> ids;
  std::thread writer([&] {
    while (!over) {
      ids.push_back(RunId::make());
      live_through(ids.back());
      store_->settle();
    }
  });
  auto& cluster = PostgresCluster::shared();
  for (int crashes = 0; crashes < 3; ++crashes) {
    std::this_thread::sleep_for(milliseconds(60));
    cluster.stop_immediately();
    cluster.start();
  }
  over = true;
  writer.join();
  ASSERT_TRUE(everything_is_moved());
  EXPECT_EQ(store_->health().spill.fenced, 0);
  EXPECT_EQ(count("FROM runs WHERE status = 'completed'"), std::ssize(ids));
  EXPECT_EQ(count("FROM entries"), 3 * std::ssize(ids));
  for (const auto& id : ids) expect_gapless(id);
}

}  // namespace
}  // namespace holdfast::journal
