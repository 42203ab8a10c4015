// One of several instances on a journal: what it claims, and what it knows of the runs of others.
#include "tests/contract/runs/coordinator_harness.hpp"
#include "tests/support/journal_writes.hpp"

namespace holdfast::testing {
namespace {

using Kinds = std::vector<EntryKind>;
using enum EntryKind;

class CoordinatorInstancesTest : public CoordinatorTest {
 protected:
  CoordinatorInstancesTest() { shared_ = true; }

  static runs::CoordinatorConfig quick() {
    runs::CoordinatorConfig config;
    config.instance = "here";
    config.lease = 300ms;
    config.poll = 10ms;
    config.send_history = false;
    config.retry.backoff = {1ms, 2ms};
    return config;
  }

  static bool has_idle_worker(LiveCoordinator& live) { return live.pool().status().workers.at(0).state == "idle"; }

  /// Something stands before the closed gate of the journal, and no claim does yet.
  void hold_up_the_journal(LiveCoordinator& live) {
    for (;;) {
      live.run_until([&] { return has_idle_worker(live); });
      live.store().gate.close();
      spawn(live.executor(), "hold up the journal", [&live]() -> asio::awaitable<void> {
        auto refused = co_await live.journal().append(progress_of(RunId::make()));
        EXPECT_FALSE(refused);
      });
      live.run_until([&] { return live.store().gate.has_arrival(); });
      if (has_idle_worker(live)) return;
      live.store().gate.open();
    }
  }
};

TEST_F(CoordinatorInstancesTest, ARunThatIsClaimedHereBetweenItsCommitAndItsTakeUpIsExecutedOnce) {
  auto& live = serve("", quick());
  hold_up_the_journal(live);
  // A claim has the worker, and waits; the acceptance comes behind it and is committed with the same batch, first.
  live.run_until([&] { return !has_idle_worker(live); });
  std::optional<Result<runs::Accepted>> accepted;
  runs::Submission submission{.owner = "ada",
                              .thread_id = "t",
                              .id = id_,
                              .prompt = "hello",
                              .request = R"({"prompt":"hello"})",
                              .traceparent = ""};
  spawn(live.executor(), "submit", [&]() -> asio::awaitable<void> {
    auto outcome = co_await live.coordinator().submit(submission);
    accepted.emplace(std::move(outcome));
  });
  int turns = 0;
  live.run_until([&] { return ++turns > 20; });
  live.store().gate.open();
  live.run_until([&] { return accepted.has_value(); });
  ASSERT_TRUE(*accepted) << accepted->error().message();
  EXPECT_EQ((*accepted)->run.status, RunStatus::running) << "the claim came first";
  EXPECT_EQ(live.finish(id_).attempt, 1);
  EXPECT_EQ(live.history(id_), (Kinds{EntryKind::accepted, started, completed}));
}

TEST_F(CoordinatorInstancesTest, ARunOfAnInstanceThatIsGoneDoesNotWaitForTheNextRenewal) {
  auto config = quick();
  config.lease = std::chrono::hours(1);
  auto& live = serve("", config);
  live.run_until([&] { return has_idle_worker(live); });
  auto orphan = new_run(id_);
  orphan.start = journal::FirstStart{"gone", "{}"};
  ASSERT_TRUE(live.await(live.journal().accept(orphan)));
  EXPECT_EQ(live.finish(id_, "ann").attempt, 2);
  EXPECT_EQ(live.history(id_), (Kinds{EntryKind::accepted, started, attempt_lost, started, completed}));
}

TEST_F(CoordinatorInstancesTest, AClaimWhoseAcknowledgementWasLostIsWrittenOffAndMadeAgain) {
  auto& live = serve_without_workers("", quick());
  ASSERT_TRUE(live.await(live.journal().accept(new_run(id_))));
  live.store().lost_ack.arm(1);
  live.start_workers();
  const auto run = live.finish(id_, "ann");
  EXPECT_EQ(run.status, RunStatus::completed);
  EXPECT_EQ(live.store().lost_ack.left(), 0);
  EXPECT_EQ(live.history(id_), (Kinds{EntryKind::accepted, started, attempt_lost, started, completed}));
}

TEST_F(CoordinatorInstancesTest, ThePlaceOfARunThatWaitsElsewhereIsNotInvented) {
  auto& live = serve_without_workers("", quick());
  ASSERT_TRUE(live.await(live.journal().accept(new_run(id_))));
  const auto run = live.await(live.coordinator().find("ann", id_));
  ASSERT_TRUE(run);
  const auto place = live.coordinator().queue_place(*run);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->position, std::nullopt);
  EXPECT_EQ(place->reason, "at_another_instance");
  EXPECT_EQ(place->estimate_seconds, std::nullopt);
}

}  // namespace
}  // namespace holdfast::testing
