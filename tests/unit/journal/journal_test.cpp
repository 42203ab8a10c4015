// The journal thread: what is committed together, who is told when, and what happens at the edges.
#include "journal/journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "journal/spill_store.hpp"
#include "tests/support/faulty_store.hpp"
#include "tests/support/journal_writes.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::journal {
namespace {

using ::testing::HasSubstr;
using namespace holdfast::testing;

class JournalTest : public ::testing::Test {
 protected:
  void open(JournalConfig config = {}) {
    auto faulty = std::make_unique<FaultyStore>(open_sqlite_store(path_, clock_).value());
    faulty_ = faulty.get();
    journal_.emplace(io_.get_executor(), std::move(faulty), std::move(config));
  }

  template <class Body>
  void task(Body body) {
    spawn(io_.get_executor(), "test", std::move(body));
  }

  /// Runs until every task has ended.
  void run() {
    io_.restart();
    io_.run();
  }

  /// Sends `count` new runs and keeps the outcomes.
  void accept_many(int count) {
    for (int i = 0; i < count; ++i) {
      task([this]() -> awaitable<void> {
        auto accept = new_run(RunId::make());
        auto result = co_await journal_->accept(std::move(accept));
        outcomes_.push_back(result ? "ok" : std::string(to_string(result.error().code())));
      });
    }
  }

  /// Lets every task reach its first wait.
  void let_tasks_submit() {
    io_.restart();
    io_.poll();
  }

  /// What is in the file once nobody has it open.
  std::vector<Incident> incidents() {
    return open_sqlite_store(path_, clock_).value()->incidents({.limit = 1000}).value().incidents;
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_ / "journal.db";
  ManualClock clock_;
  asio::io_context io_;
  std::optional<Journal> journal_;
  FaultyStore* faulty_ = nullptr;
  std::vector<std::string> outcomes_;
};

TEST_F(JournalTest, ALifeCanBeWrittenAndReadBack) {
  open();
  task([this]() -> awaitable<void> {
    const auto id = RunId::make();
    auto accept = new_run(id);
    auto accepted = co_await journal_->accept(std::move(accept));
    EXPECT_TRUE(accepted);
    auto start = start_of(id);
    start.checkpoint = Checkpoint{"schema", "{}"};
    auto started = co_await journal_->append(std::move(start));
    EXPECT_EQ(started->run.attempt, 1);
    auto unfinished = co_await journal_->unfinished();
    EXPECT_EQ(unfinished->size(), 1U);
    auto completion = completion_of(id);
    auto completed = co_await journal_->append(std::move(completion));
    EXPECT_EQ(completed->run.status, RunStatus::completed);
    auto delivered = co_await journal_->deliver(id);
    EXPECT_TRUE(delivered->changed);

    auto found = co_await journal_->find(id);
    EXPECT_TRUE(found->value().delivered_at);
    auto entries = co_await journal_->entries(id, 1, 2);
    EXPECT_EQ(entries->size(), 2U);
    auto checkpoint = co_await journal_->checkpoint(id);
    EXPECT_EQ(checkpoint->value().step, "schema");
    RunFilter filter{.owner = "ann"};
    auto listed = co_await journal_->list(std::move(filter));
    EXPECT_EQ(listed->size(), 1U);
    auto of_thread = co_await journal_->thread_runs("ann", "t1", 5);
    EXPECT_EQ(of_thread->size(), 1U);
    auto threads = co_await journal_->threads("ann", 0, 5);
    EXPECT_EQ(threads->threads.size(), 1U);
    outcomes_.push_back("reached the end");
  });
  run();
  EXPECT_THAT(outcomes_, ::testing::ElementsAre("reached the end"));
}

TEST_F(JournalTest, WhatWaitsDuringACommitIsCommittedTogether) {
  open();
  faulty_->gate.close();
  accept_many(1);
  let_tasks_submit();
  faulty_->gate.await_arrival();
  accept_many(50);
  let_tasks_submit();
  faulty_->gate.open();
  run();
  EXPECT_EQ(outcomes_.size(), 51U);
  EXPECT_EQ(journal_->health().writes, 51U);
  EXPECT_EQ(journal_->health().commits, 2U);
}

TEST_F(JournalTest, ABatchHoldsNoMoreThanItsLimit) {
  open({.batch_limit = 10});
  faulty_->gate.close();
  accept_many(1);
  let_tasks_submit();
  faulty_->gate.await_arrival();
  accept_many(30);
  let_tasks_submit();
  faulty_->gate.open();
  run();
  EXPECT_EQ(journal_->health().writes, 31U);
  EXPECT_EQ(journal_->health().commits, 4U);
}

TEST_F(JournalTest, AReadSubmittedWithAWriteSeesIt) {
  open();
  faulty_->gate.close();
  accept_many(1);
  let_tasks_submit();
  faulty_->gate.await_arrival();
  const auto id = RunId::make();
  bool seen = false;
  task([&]() -> awaitable<void> {
    auto found = co_await journal_->find(id);
    seen = found->has_value();
  });
  task([&]() -> awaitable<void> {
    auto accept = new_run(id);
    auto accepted = co_await journal_->accept(std::move(accept));
    EXPECT_TRUE(accepted);
  });
  let_tasks_submit();
  faulty_->gate.open();
  run();
  EXPECT_TRUE(seen);
}

TEST_F(JournalTest, NobodyIsToldBeforeTheCommitIsDone) {
  open();
  faulty_->gate.close();
  accept_many(3);
  let_tasks_submit();
  faulty_->gate.await_arrival();
  let_tasks_submit();
  EXPECT_TRUE(outcomes_.empty());
  faulty_->gate.open();
  run();
  EXPECT_EQ(outcomes_.size(), 3U);
}

TEST_F(JournalTest, AFullQueueRefusesAtOnceAndTakesWorkAgainLater) {
  open({.queue_limit = 5});
  faulty_->gate.close();
  accept_many(8);
  let_tasks_submit();
  EXPECT_THAT(outcomes_, ::testing::Each("resource_exhausted"));
  EXPECT_EQ(outcomes_.size(), 3U);
  faulty_->gate.open();
  run();
  EXPECT_EQ(std::ranges::count(outcomes_, "ok"), 5);
  accept_many(5);
  run();
  EXPECT_EQ(std::ranges::count(outcomes_, "ok"), 10);
}

TEST_F(JournalTest, RefusalsOfSingleWritesLeaveTheJournalWritable) {
  open();
  task([this]() -> awaitable<void> {
    auto start = start_of(RunId::make());
    auto result = co_await journal_->append(std::move(start));
    outcomes_.emplace_back(to_string(result.error().code()));
  });
  run();
  EXPECT_THAT(outcomes_, ::testing::ElementsAre("not_found"));
  EXPECT_TRUE(journal_->health().writable);
}

TEST_F(JournalTest, AFailedCommitIsToldToEveryWriterAndShownInHealth) {
  open({.probe_interval = std::chrono::hours(1)});
  faulty_->disk_full.arm(1);
  accept_many(1);
  run();
  EXPECT_THAT(outcomes_, ::testing::ElementsAre("unavailable"));
  EXPECT_FALSE(journal_->health().writable);
  EXPECT_THAT(journal_->health().error, HasSubstr("disk full"));

  accept_many(1);
  run();
  EXPECT_EQ(outcomes_.back(), "ok");
  EXPECT_TRUE(journal_->health().writable);
  EXPECT_EQ(journal_->health().error, "");
}

TEST_F(JournalTest, AnUnwritableStoreIsProbedUntilItTakesWritesAgain) {
  open({.probe_interval = std::chrono::milliseconds(1)});
  faulty_->disk_full.arm(4);
  accept_many(1);
  run();
  EXPECT_FALSE(outcomes_.empty());
  // Bounded by the test's time limit: nobody writes, so only probes can find out.
  while (!journal_->health().writable) std::this_thread::yield();
  EXPECT_EQ(journal_->health().writes, 0U);
}

TEST_F(JournalTest, AFailedReadIsNotAFailureOfWrites) {
  open();
  faulty_->fail_read.arm(1);
  task([this]() -> awaitable<void> {
    auto found = co_await journal_->unfinished();
    outcomes_.emplace_back(to_string(found.error().code()));
  });
  run();
  EXPECT_THAT(outcomes_, ::testing::ElementsAre("unavailable"));
  EXPECT_TRUE(journal_->health().writable);
}

TEST_F(JournalTest, DestroyingItFinishesWhatWasSubmitted) {
  open();
  faulty_->gate.close();
  accept_many(20);
  let_tasks_submit();
  faulty_->gate.open();
  journal_.reset();
  EXPECT_TRUE(outcomes_.empty());
  run();
  EXPECT_EQ(std::ranges::count(outcomes_, "ok"), 20);
  EXPECT_EQ(open_sqlite_store(path_, clock_).value()->unfinished()->size(), 20U);
}

TEST_F(JournalTest, AnIncidentIsNotedWithItsInstanceAndTimeAndIsDurableAtTheEnd) {
  clock_.advance(std::chrono::milliseconds(5));
  open({.instance = "one", .clock = &clock_});
  journal_->note(incident_kind::kStarted);
  journal_->note("leak_found", R"({"route":"POST /analyze"})");
  journal_.reset();
  const auto page = incidents();
  ASSERT_EQ(page.size(), 2U);
  for (const auto& incident : page) {
    EXPECT_EQ(incident.instance, "one");
    EXPECT_EQ(incident.at, clock_.wall());
  }
  EXPECT_EQ(page[0].kind == "leak_found" ? page[0].body : page[1].body, R"({"route":"POST /analyze"})");
}

TEST_F(JournalTest, IncidentsPastTheQueueAreDroppedAndCountedAndRunsGoOn) {
  open({.incident_limit = 3});
  faulty_->gate.close();
  accept_many(1);
  let_tasks_submit();
  faulty_->gate.await_arrival();
  for (int i = 0; i < 5; ++i) journal_->note("level_changed");
  EXPECT_EQ(journal_->health().incidents_dropped, 2U);
  faulty_->gate.open();
  run();
  EXPECT_THAT(outcomes_, ::testing::ElementsAre("ok"));
  journal_.reset();
  EXPECT_EQ(incidents().size(), 3U);
}

TEST_F(JournalTest, AnIncidentThatBreaksTheRulesIsDroppedAndTheOthersAreKept) {
  open();
  journal_->note("Not A Kind");
  journal_->note("level_changed", "[]");
  journal_->note("level_changed");
  EXPECT_EQ(journal_->health().incidents_dropped, 2U);
  journal_.reset();
  EXPECT_EQ(incidents().size(), 1U);
}

TEST_F(JournalTest, AnIncidentThatCannotBeWrittenIsTriedAgainByItself) {
  open({.probe_interval = std::chrono::milliseconds(1)});
  faulty_->fail_before_commit.arm(3);
  journal_->note("level_changed");
  while (faulty_->fail_before_commit.left() > 0) std::this_thread::yield();
  EXPECT_TRUE(journal_->health().writable) << "incidents say nothing of runs";
  // Bounded by the test's time limit.
  std::size_t seen = 0;
  while (seen == 0) {
    task([&]() -> awaitable<void> {
      IncidentFilter filter;
      auto page = co_await journal_->incidents(std::move(filter));
      seen = page->incidents.size();
    });
    run();
  }
  EXPECT_EQ(seen, 1U);
  EXPECT_EQ(journal_->health().incidents_dropped, 0U);
}

TEST_F(JournalTest, AnIncidentWhoseAcknowledgementWasLostIsThereOnce) {
  open({.probe_interval = std::chrono::milliseconds(1)});
  faulty_->lost_ack.arm(1);
  journal_->note("level_changed");
  journal_->note("level_changed");
  journal_.reset();
  EXPECT_EQ(incidents().size(), 2U);
}

TEST_F(JournalTest, AJournalWhoseStoreNeverTakesIncidentsStillEnds) {
  open({.probe_interval = std::chrono::hours(1)});
  faulty_->fail_before_commit.arm(1'000'000);
  journal_->note("level_changed");
  journal_.reset();
  EXPECT_TRUE(incidents().empty());
}

TEST_F(JournalTest, AnExecutorThatNeverRunsAgainLeaksNothing) {
  auto alive = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = alive;
  {
    asio::io_context stopped;
    auto journal = std::make_unique<Journal>(stopped.get_executor(), open_sqlite_store(path_, clock_).value());
    spawn(stopped.get_executor(), "test", [&journal, alive]() -> awaitable<void> {
      auto accept = new_run(RunId::make());
      auto result = co_await journal->accept(std::move(accept));
      ADD_FAILURE() << "it went on after the stop " << result.has_value() << *alive;
    });
    alive.reset();
    stopped.poll();
    stopped.stop();
    journal.reset();
    EXPECT_FALSE(watched.expired());
  }
  EXPECT_TRUE(watched.expired());
  EXPECT_EQ(open_sqlite_store(path_, clock_).value()->unfinished()->size(), 1U) << "it was durable all the same";
}

TEST_F(JournalTest, ADeadlineDoesNotTearAWriteApart) {
  open();
  faulty_->gate.close();
  task([this]() -> awaitable<void> {
    auto accept = new_run(RunId::make());
    auto writing = journal_->accept(std::move(accept));
    auto result = co_await with_deadline(std::move(writing), system_clock().steady());
    outcomes_.emplace_back(result ? "ok" : to_string(result.error().code()));
  });
  let_tasks_submit();
  faulty_->gate.await_arrival();
  faulty_->gate.open();
  run();
  EXPECT_THAT(outcomes_, ::testing::ElementsAre("ok"));
}

TEST_F(JournalTest, ManyWritersFromTwoRoundsAllGetTheirOwnAnswer) {
  open({.batch_limit = 7});
  int matched = 0;
  for (int i = 0; i < 100; ++i) {
    task([this, &matched]() -> awaitable<void> {
      for (int round = 0; round < 5; ++round) {
        const auto id = RunId::make();
        auto accept = new_run(id);
        auto accepted = co_await journal_->accept(std::move(accept));
        auto start = start_of(id);
        auto started = co_await journal_->append(std::move(start));
        auto found = co_await journal_->find(id);
        if (accepted->run.id == id && started->run.id == id && found->value().attempt == 1) ++matched;
      }
    });
  }
  run();
  EXPECT_EQ(matched, 500);
}

// A database behind a local journal: away at first, until it is opened the third time.
TEST_F(JournalTest, AnIdleJournalMovesLocalRunsByItselfAndIsWritableMeanwhile) {
  std::atomic<int> tries{0};
  auto open_database = [this, &tries]() -> Result<std::unique_ptr<Store>> {
    if (++tries < 3) return fail(ErrorCode::unavailable, "fault: away");
    return open_sqlite_store(path_, clock_);
  };
  const SpillConfig config{
      .path = directory_ / "spill.sqlite", .database_type = "sqlite", .retry_interval = std::chrono::milliseconds(5)};
  journal_.emplace(io_.get_executor(), open_spill_store(config, open_database, system_clock()).value());
  task([this]() -> awaitable<void> {
    auto unknown = co_await journal_->deliver(RunId::make());
    outcomes_.push_back(std::string(to_string(unknown.error().code())));
    auto accept = new_run(RunId::make());
    auto accepted = co_await journal_->accept(std::move(accept));
    outcomes_.push_back(accepted ? "ok" : accepted.error().message());
  });
  run();
  EXPECT_EQ(outcomes_.size(), 2U);
  EXPECT_EQ(outcomes_.back(), "ok");
  EXPECT_TRUE(journal_->health().writable);
  const auto settled = [this] {
    const auto spill = journal_->health().store.spill;
    return !spill.active && spill.depth == 0;
  };
  for (int i = 0; i < 3000 && !settled(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_TRUE(settled());
}

}  // namespace
}  // namespace holdfast::journal
