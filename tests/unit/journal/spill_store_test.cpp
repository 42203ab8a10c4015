// What is written, read and moved while the database comes and goes.
#include "journal/spill_store.hpp"

#include <gmock/gmock.h>

#include "tests/support/spill_world.hpp"

namespace holdfast::journal {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace holdfast::testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

class SpillStoreTest : public ::testing::Test, protected SpillWorld {
 protected:
  SpillStoreTest() { open(); }

  /// In the database, if that is there.
  journal::Run accepted() { return write(new_run(RunId::make())).value().run; }
  journal::Run started() {
    const auto run = accepted();
    auto start = from(run, start_of(run.id));
    start.lease_owner = "here";
    return write(std::move(start)).value().run;
  }

  [[nodiscard]] StoreHealth::Spill spill() { return store().health().spill; }

  void expect_unavailable(const Result<Written>& result, const std::string& why) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), ErrorCode::unavailable);
    EXPECT_THAT(result.error().message(), HasSubstr(why));
  }

  std::vector<Entry> history_there(const RunId& id) { return other_instance()->entries(id, 0, 1000).value(); }
};

TEST_F(SpillStoreTest, ALifeGoesOnLocallyAndIsInTheDatabaseAfterwards) {
  take_away();
  const auto id = RunId::make();
  EXPECT_TRUE(write(new_run(id)).value().changed);
  EXPECT_FALSE(write(new_run(id)).value().changed);
  EXPECT_TRUE(write(start_of(id)));
  EXPECT_TRUE(write(progress_of(id)));
  clock().advance(seconds(3));
  EXPECT_TRUE(write(completion_of(id)));
  EXPECT_TRUE(write(Deliver{id}));
  EXPECT_EQ(store().find(id).value()->result, R"({"result":"42"})");
  EXPECT_EQ(store().entries(id, 0, 10)->size(), 5U);

  auto health = store().health();
  EXPECT_FALSE(health.reachable);
  EXPECT_THAT(health.error, HasSubstr("fault: away"));
  EXPECT_TRUE(health.spill.active);
  EXPECT_EQ(health.spill.depth, 1);
  EXPECT_EQ(health.spill.oldest, seconds(3));
  EXPECT_FALSE(other_instance()->find(id).value());

  const auto local = store().find(id).value().value();
  give_back();
  wait_until_settled();
  EXPECT_TRUE(store().health().reachable);
  EXPECT_FALSE(spill().active);
  EXPECT_EQ(spill().depth, 0);
  EXPECT_EQ(spill().oldest, milliseconds(0));
  const auto there = other_instance()->find(id).value().value();
  EXPECT_EQ(there.status, RunStatus::completed);
  EXPECT_EQ(there.created_at, local.created_at);
  EXPECT_EQ(there.finished_at, local.finished_at);
  EXPECT_EQ(there.delivered_at, local.delivered_at);
  EXPECT_EQ(history_there(id).size(), 5U);
  EXPECT_EQ(count_locally("SELECT count(*) FROM runs"), 0);
  EXPECT_EQ(count_locally("SELECT count(*) FROM entries"), 0);
}

TEST_F(SpillStoreTest, ARunOfTheDatabaseIsAdoptedAndGoesOn) {
  const auto run = started();
  auto with_checkpoint = from(run, progress_of(run.id));
  with_checkpoint.kind = EntryKind::checkpoint;
  with_checkpoint.checkpoint = Checkpoint{"schema", "{}"};
  take_away();
  const auto local = write(std::move(with_checkpoint)).value().run;
  EXPECT_EQ(local.last_seq, 3);
  EXPECT_EQ(store().checkpoint(run.id).value()->step, "schema");
  EXPECT_TRUE(write(completion_of(run.id)));
  give_back();
  wait_until_settled();
  const auto there = other_instance()->find(run.id).value().value();
  EXPECT_EQ(there.status, RunStatus::completed);
  EXPECT_EQ(there.created_at, run.created_at);
  EXPECT_EQ(there.last_seq, 4);
  EXPECT_EQ(other_instance()->checkpoint(run.id).value()->step, "schema");
  EXPECT_EQ(spill().fenced, 0);
}

TEST_F(SpillStoreTest, EarlierEntriesOfAnAdoptedRunComeFromTheDatabase) {
  const auto run = started();
  take_away();
  const auto append = from(run, progress_of(run.id));
  EXPECT_TRUE(write(append));
  EXPECT_TRUE(write(append));
  EXPECT_EQ(store().entries(run.id, 2, 10)->size(), 2U);
  EXPECT_EQ(store().entries(run.id, 1, 10).error().code(), ErrorCode::unavailable);
  // It takes no writes yet, but it can be read.
  give_back();
  database().disk_full.arm(1'000'000);
  wait();
  const auto all = store().entries(run.id, 0, 10).value();
  ASSERT_EQ(all.size(), 4U);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].seq, static_cast<std::int64_t>(i + 1));
  EXPECT_EQ(store().entries(run.id, 1, 2)->size(), 2U);
  EXPECT_EQ(store().entries(run.id, 0, 1)->size(), 1U);
}

TEST_F(SpillStoreTest, WhatOnlyTheDatabaseKnowsIsUnavailableWhileItIsAway) {
  const auto run = started();
  write(completion_of(run.id)).value();
  take_away();
  const auto unavailable = ErrorCode::unavailable;
  write(new_run(RunId::make())).value();
  EXPECT_EQ(store().find(run.id).error().code(), unavailable);
  EXPECT_EQ(store().entries(run.id, 0, 10).error().code(), unavailable);
  EXPECT_EQ(store().checkpoint(run.id).error().code(), unavailable);
  EXPECT_EQ(store().list({.owner = "ann"}).error().code(), unavailable);
  EXPECT_EQ(store().thread_runs("ann", "t1", 5).error().code(), unavailable);
  EXPECT_EQ(store().threads("ann", 0, 5).error().code(), unavailable);
  EXPECT_EQ(store().ratings("ann", "t1").error().code(), unavailable);
  EXPECT_EQ(store().rate(run.id, {}).error().code(), unavailable);
  EXPECT_EQ(store().delete_thread("ann", "t1").error().code(), unavailable);
  EXPECT_EQ(store().retire(seconds(1), 10).error().code(), unavailable);
  const CheckpointPlace place{"ann", "t1", "", "1"};
  EXPECT_EQ(store().put_thread_checkpoint({.place = place, .parent_id = {}, .state = "1"}, {}).error().code(),
            unavailable);
  EXPECT_EQ(store().put_thread_writes(place, {}, {}).error().code(), unavailable);
  EXPECT_EQ(store().thread_checkpoints({.owner = "ann"}).error().code(), unavailable);
  EXPECT_EQ(store().delete_thread_checkpoints("ann", "t1").error().code(), unavailable);
  EXPECT_EQ(store().retire_thread_checkpoints(seconds(1), 10).error().code(), unavailable);
  EXPECT_EQ(store().renew_lease("here", seconds(10)).error().code(), unavailable);
  EXPECT_EQ(store().claim({"here", {"{}"}}).error().code(), unavailable);
  EXPECT_EQ(store().orphans(10).error().code(), unavailable);
  const std::array ids{run.id};
  EXPECT_EQ(store().versions(ids).error().code(), unavailable);
  expect_unavailable(write(Deliver{run.id}), "only there");
  expect_unavailable(write(progress_of(run.id)), "only there");
}

TEST_F(SpillStoreTest, AKnownRunOfTheDatabaseIsNotAcceptedASecondTime) {
  const auto run = accepted();
  take_away();
  expect_unavailable(write(new_run(run.id)), "there already");
  EXPECT_EQ(spill().depth, 0);
}

TEST_F(SpillStoreTest, ARefusalOfOneWriteLeavesTheOthersOfItsBatchAlone) {
  const auto there = accepted();
  take_away();
  const auto here = accepted();
  const std::vector<Write> writes{Deliver{there.id}, start_of(here.id), start_of(here.id, 7), new_run(RunId::make())};
  const auto results = write_all(writes);
  expect_unavailable(results[0], "only there");
  EXPECT_TRUE(results[1]);
  EXPECT_EQ(results[2].error().code(), ErrorCode::conflict);
  EXPECT_TRUE(results[3]);
}

TEST_F(SpillStoreTest, ACommitWhoseAcknowledgementWasLostIsThereOnce) {
  const auto run = started();
  const auto other = RunId::make();
  database().lost_ack.arm(1);
  const auto results = write_all({from(run, completion_of(run.id)), new_run(other)});
  EXPECT_TRUE(results[0]) << results[0].error().message();
  EXPECT_TRUE(results[1]->changed);
  EXPECT_EQ(spill().depth, 2);
  EXPECT_TRUE(write(start_of(other)));
  wait_until_settled();
  EXPECT_EQ(spill().depth, 0);
  EXPECT_EQ(spill().fenced, 0);
  EXPECT_EQ(history_there(run.id).size(), 3U);
  EXPECT_EQ(history_there(other).size(), 2U);
}

TEST_F(SpillStoreTest, AnAcceptanceWithItsStartWhoseAcknowledgementWasLostIsThereOnce) {
  const auto id = RunId::make();
  auto accept = new_run(id);
  accept.start = FirstStart{"", R"({"worker":7})"};
  database().lost_ack.arm(1);
  const auto accepted = write(accept);
  ASSERT_TRUE(accepted) << accepted.error().message();
  EXPECT_EQ(accepted->run.status, RunStatus::running);
  ASSERT_TRUE(write(completion_of(id)));
  wait_until_settled();
  EXPECT_EQ(spill().depth, 0);
  EXPECT_EQ(spill().fenced, 0);
  EXPECT_EQ(history_there(id).size(), 3U);
}

TEST_F(SpillStoreTest, AnAcceptanceWithItsStartInDoubtIsNotStartedWhileAnotherInstanceMayHaveIt) {
  ASSERT_TRUE(other_instance()->renew_lease("two", std::chrono::hours(1)));
  ASSERT_EQ(store().renew_lease("one", std::chrono::hours(1)).value(), 1);
  const auto id = RunId::make();
  auto accept = new_run(id);
  accept.start = FirstStart{"one", R"({"worker":7})"};
  database().lost_ack.arm(1);
  const auto accepted = write(accept);
  ASSERT_TRUE(accepted) << accepted.error().message();
  EXPECT_EQ(accepted->run.status, RunStatus::queued);
  wait_until_settled();
  EXPECT_EQ(spill().depth, 0);
  EXPECT_EQ(spill().fenced, 0);
  EXPECT_EQ(history_there(id).size(), 2U) << "it is there with its start; whoever wants to start it meets the fence";
}

TEST_F(SpillStoreTest, AStartThatTheDatabaseMayHoldIsNotMadeAgainInTheNextOutage) {
  // Beside another instance a start in doubt is left.
  ASSERT_TRUE(other_instance()->renew_lease("two", std::chrono::seconds(3)));
  ASSERT_EQ(store().renew_lease("one", std::chrono::hours(1)).value(), 1);
  const auto id = RunId::make();
  auto accept = new_run(id);
  accept.start = FirstStart{"one", R"({"worker":7})"};
  database().lost_ack.arm(1);
  const auto accepted = write(accept);
  ASSERT_TRUE(accepted) << accepted.error().message();
  ASSERT_EQ(accepted->run.status, RunStatus::queued);
  const auto at_once = write(from(accepted->run, start_of(id, 0)));
  ASSERT_FALSE(at_once) << "it is not known yet what is there";
  EXPECT_EQ(at_once.error().code(), ErrorCode::unavailable) << at_once.error().message();
  wait_until_settled();
  ASSERT_EQ(history_there(id).size(), 2U);
  // Nobody else is left who might have it.
  wait(std::chrono::seconds(10));
  ASSERT_EQ(store().renew_lease("one", std::chrono::hours(1)).value(), 0);

  // Whoever was told "queued" does not know better.
  take_away();
  const auto again = write(from(accepted->run, start_of(id, 0)));
  ASSERT_FALSE(again) << "it would be fenced, and its answer with it";
  EXPECT_EQ(again.error().code(), ErrorCode::unavailable) << again.error().message();
  give_back();
  wait_until_settled();
  const auto refused = write(from(accepted->run, start_of(id, 0)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::conflict) << refused.error().message();
  EXPECT_EQ(spill().fenced, 0);
  EXPECT_EQ(history_there(id).size(), 2U);
}

TEST_F(SpillStoreTest, AnImportWhoseAcknowledgementWasLostIsThereOnce) {
  take_away();
  const auto run = started();
  give_back();
  database().lost_ack.arm(1);
  wait();
  EXPECT_TRUE(spill().active);
  EXPECT_EQ(spill().depth, 1);
  // It goes on locally meanwhile, and in a new process too.
  EXPECT_TRUE(write(progress_of(run.id)));
  take_away();
  open();
  EXPECT_TRUE(write(completion_of(run.id)));
  give_back();
  wait_until_settled();
  EXPECT_EQ(history_there(run.id).size(), 4U);
  EXPECT_EQ(spill().depth, 0);
  EXPECT_EQ(spill().fenced, 0);
}

TEST_F(SpillStoreTest, TheLateWordsAboutARunThatMovedOnAreKeptAside) {
  const auto run = started();
  take_away();
  EXPECT_TRUE(write(from(run, progress_of(run.id))));
  const std::vector<Write> takeover{loss_of(run.id), start_of(run.id, 1)};
  for (const auto& result : other_instance()->commit(takeover)) ASSERT_TRUE(result);

  std::vector<RunId> told;
  store().on_change([&](const Change& change) { told.insert(told.end(), change.runs.begin(), change.runs.end()); });
  give_back();
  wait_until_settled();
  EXPECT_THAT(told, ::testing::ElementsAre(run.id));
  EXPECT_EQ(spill().depth, 0);
  EXPECT_EQ(spill().fenced, 1);
  EXPECT_EQ(count_locally("SELECT count(*) FROM fenced_runs"), 1);
  EXPECT_EQ(count_locally("SELECT count(*) FROM fenced_entries WHERE kind = 'progress'"), 1);
  // The truth is the database's, and its fence holds.
  EXPECT_EQ(store().find(run.id).value()->attempt, 2);
  EXPECT_EQ(write(from(run, completion_of(run.id))).error().code(), ErrorCode::conflict);
  EXPECT_EQ(history_there(run.id).size(), 4U);
  take_away();
  expect_unavailable(write(from(run, completion_of(run.id))), "went on");
  open();
  EXPECT_EQ(spill().fenced, 1);
}

TEST_F(SpillStoreTest, AnIdThatTheDatabaseHasForAnotherQuestionIsFenced) {
  take_away();
  const auto id = RunId::make();
  write(new_run(id)).value();
  const std::vector<Write> elsewhere{new_run(id, "bob", "t2", "Something else?")};
  ASSERT_TRUE(other_instance()->commit(elsewhere).at(0));
  give_back();
  wait_until_settled();
  EXPECT_EQ(spill().fenced, 1);
  EXPECT_EQ(store().find(id).value()->owner, "bob");
}

TEST_F(SpillStoreTest, ADatabaseThatIsAwayAtTheStartIsFoundLater) {
  take_away();
  open();
  EXPECT_EQ(store().health().type, "sqlite");
  EXPECT_TRUE(spill().active);
  const auto run = started();
  EXPECT_TRUE(store().probe());
  EXPECT_EQ(store().unfinished()->size(), 1U);
  give_back();
  wait_until_settled();
  EXPECT_FALSE(spill().active);
  EXPECT_EQ(history_there(run.id).size(), 2U);
  EXPECT_TRUE(write(completion_of(run.id)));
  EXPECT_EQ(history_there(run.id).size(), 3U);
}

TEST_F(SpillStoreTest, ANewProcessFindsWhatTheOneBeforeAccepted) {
  const auto of_database = accepted();
  take_away();
  const auto queued = accepted();
  const auto running = started();
  write(completion_of(started().id)).value();
  open();
  EXPECT_EQ(spill().depth, 3);
  std::vector<RunId> found;
  for (const auto& run : store().unfinished().value()) found.push_back(run.id);
  EXPECT_THAT(found, ::testing::UnorderedElementsAre(queued.id, running.id));

  config().shared = false;
  open();
  EXPECT_EQ(store().unfinished().error().code(), ErrorCode::unavailable);
  give_back();
  open();
  found.clear();
  for (const auto& run : store().unfinished().value()) found.push_back(run.id);
  EXPECT_THAT(found, ::testing::UnorderedElementsAre(of_database.id, queued.id, running.id));
}

TEST_F(SpillStoreTest, NothingIsClaimedOrTakenOverWhileLocalRunsWait) {
  accepted();
  take_away();
  std::vector<Write> many(40, Deliver{RunId::make()});
  for (auto& one : many) one = new_run(RunId::make());
  write_all(many);
  give_back();
  wait();
  EXPECT_EQ(spill().depth, 8);
  EXPECT_THAT(store().claim({"here", {"{}"}}).value(), IsEmpty());
  EXPECT_THAT(store().orphans(10).value(), IsEmpty());
  wait_until_settled();
  EXPECT_EQ(store().claim({"here", {"{}"}})->size(), 1U);
}

TEST_F(SpillStoreTest, LocalRunsGoOnWhileTheyAreMoved) {
  take_away();
  std::vector<Write> births;
  std::vector<RunId> ids;
  for (int i = 0; i < 40; ++i) {
    ids.push_back(RunId::make());
    births.emplace_back(new_run(ids.back()));
    births.emplace_back(start_of(ids.back()));
  }
  write_all(births);
  give_back();
  wait();
  EXPECT_EQ(spill().depth, 8);
  std::vector<Write> writes;
  for (const auto& id : ids) writes.emplace_back(completion_of(id));
  for (const auto& result : write_all(writes)) EXPECT_TRUE(result) << result.error().message();
  wait_until_settled();
  for (const auto& id : ids) EXPECT_EQ(history_there(id).size(), 3U);
  EXPECT_EQ(spill().fenced, 0);
}

TEST_F(SpillStoreTest, ATextThatTheDatabaseCannotHoldIsRefusedWhileItIsAwayToo) {
  const auto there = started();
  take_away();
  auto odd = new_run(RunId::make());
  odd.run.prompt = std::string("nul \0 inside", 12);
  const auto here = RunId::make();
  const auto bad_progress = from(there, progress_of(there.id, 1, "\xff"));
  const auto results = write_all({odd, new_run(here), bad_progress, from(there, progress_of(there.id))});
  EXPECT_EQ(results[0].error().code(), ErrorCode::invalid_argument);
  EXPECT_TRUE(results[1]) << "the others of the batch are not hurt";
  EXPECT_EQ(results[2].error().code(), ErrorCode::invalid_argument);
  EXPECT_TRUE(results[3]) << results[3].error().message();
  EXPECT_EQ(spill().depth, 2);
  give_back();
  wait_until_settled();
  EXPECT_EQ(spill().depth, 0);
  EXPECT_EQ(history_there(there.id).size(), 3U);
}

TEST_F(SpillStoreTest, AHangingDatabaseSlowsAQuarterOfTheTimeAtMost) {
  std::chrono::milliseconds hung{0};
  database().hang = [&] {
    hung += seconds(5);
    clock().advance(seconds(5));
  };
  const auto begun = clock().steady();
  take_away();
  const auto run = started();
  while (clock().steady() - begun < std::chrono::minutes(10)) {
    wait();
    EXPECT_TRUE(write(progress_of(run.id)));
    (void)store().list({.owner = "ann"});
  }
  // Each try asks twice: whether it takes writes, and then one read.
  EXPECT_LE(hung, seconds(600) / 4 + seconds(10));
  EXPECT_GE(hung, std::chrono::minutes(1)) << "and it is not forgotten";
  database().hang = nullptr;
  give_back();
  wait_until_settled();
  EXPECT_EQ(spill().depth, 0);
}

TEST_F(SpillStoreTest, AClaimWhoseAcknowledgementWasLostIsKnownOnceItWasAskedFor) {
  ASSERT_TRUE(other_instance()->renew_lease("elsewhere", std::chrono::hours(1)));
  ASSERT_TRUE(store().renew_lease("here", seconds(100)));
  const auto id = RunId::make();
  const std::vector<Write> elsewhere{new_run(id)};
  ASSERT_TRUE(other_instance()->commit(elsewhere).at(0));
  database().lost_ack.arm(1);
  EXPECT_EQ(store().claim({"here", {"{}"}}).error().code(), ErrorCode::unavailable);
  wait_until_settled();
  const auto held = store().held_by("here").value();
  ASSERT_EQ(held.size(), 1U);
  take_away();
  EXPECT_TRUE(write(from(held[0], completion_of(id)))) << "the lease covers it";
}

TEST_F(SpillStoreTest, ADatabaseThatOnlyAnswersProbesIsTriedLessAndLess) {
  constexpr int kArmed = 1'000'000;
  database().fail_before_commit.arm(kArmed);
  write(new_run(RunId::make())).value();
  for (int second = 0; second < 120; ++second) wait();
  const int tries = kArmed - database().fail_before_commit.left();
  EXPECT_LT(tries, 15);
  EXPECT_GT(tries, 5);
  database().fail_before_commit.disarm();
  wait_until_settled();
  EXPECT_EQ(spill().depth, 0);
}

TEST_F(SpillStoreTest, ALeaseIsRenewedBeforeAnythingIsMoved) {
  ASSERT_TRUE(store().renew_lease("here", seconds(10)));
  take_away();
  const auto run = started();
  wait(seconds(60));
  give_back();
  wait_until_settled();
  EXPECT_THAT(other_instance()->orphans(10).value(), IsEmpty());
  EXPECT_EQ(other_instance()->find(run.id).value()->lease_owner, "here");
}

TEST_F(SpillStoreTest, AnAnswerWaitsForTheDatabaseWhenOthersMayHaveTakenTheRunOver) {
  ASSERT_TRUE(other_instance()->renew_lease("elsewhere", std::chrono::hours(1)));
  ASSERT_EQ(store().renew_lease("here", seconds(10)).value(), 1);
  const auto run = started();
  const auto in_time = started();
  take_away();
  EXPECT_TRUE(write(from(in_time, completion_of(in_time.id))));
  const auto accepted_here = started();
  clock().advance(seconds(11));
  expect_unavailable(write(from(run, completion_of(run.id))), "taken this run over");
  EXPECT_TRUE(write(from(run, progress_of(run.id))));
  EXPECT_TRUE(write(completion_of(accepted_here.id)));
  give_back();
  wait_until_settled();
  EXPECT_TRUE(write(completion_of(run.id)));
  EXPECT_EQ(spill().fenced, 0);
}

TEST_F(SpillStoreTest, AnAnswerToARunThatTheDatabaseMayHaveAcceptedWaitsWhenOthersAreAlive) {
  ASSERT_TRUE(other_instance()->renew_lease("elsewhere", std::chrono::hours(1)));
  ASSERT_TRUE(store().renew_lease("here", seconds(10)));
  const auto id = RunId::make();
  database().lost_ack.arm(1);
  EXPECT_TRUE(write(new_run(id)));
  expect_unavailable(write(start_of(id)), "taken this run over");
  wait_until_settled();
  EXPECT_TRUE(write(start_of(id)));
}

TEST_F(SpillStoreTest, WhenTheLocalFileFailsTooNothingIsAcceptedAndNothingContradictsTheDatabase) {
  const auto run = started();
  auto blocker = Connection::open(spill_path()).value();
  ASSERT_TRUE(blocker.run("BEGIN IMMEDIATE"));
  database().lost_ack.arm(1);
  // Durable in the database, but nobody is told so; then the writer goes on from what it knew.
  const auto results = write_all({from(run, progress_of(run.id)), new_run(RunId::make())});
  EXPECT_EQ(results[0].error().code(), ErrorCode::unavailable);
  EXPECT_EQ(results[1].error().code(), ErrorCode::unavailable);
  blocker.roll_back();
  expect_unavailable(write(from(run, completion_of(run.id))), "hold more of this run");
  EXPECT_EQ(spill().depth, 0);
  wait_until_settled();
  EXPECT_TRUE(write(from(run, completion_of(run.id))));
  EXPECT_EQ(history_there(run.id).size(), 4U);
}

TEST_F(SpillStoreTest, CancellingWorksWhileTheDatabaseIsAway) {
  const auto queued = accepted();
  take_away();
  EXPECT_TRUE(write(from(queued, cancellation_of_queued(queued.id))));
  give_back();
  wait_until_settled();
  EXPECT_EQ(other_instance()->find(queued.id).value()->status, RunStatus::cancelled);
}

TEST_F(SpillStoreTest, AStoreThatIsOpenedBySomebodyElsesErrorDoesNotStart) {
  auto refused = []() -> Result<std::unique_ptr<Store>> {
    return fail(ErrorCode::failed_precondition, "tables of a newer Holdfast");
  };
  auto opened = open_spill_store({.path = spill_path() + "2", .database_type = "sqlite"}, refused, clock());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::failed_precondition);
}

std::vector<Incident> some_incidents(int count, UnixMillis at) {
  std::vector<Incident> incidents(static_cast<std::size_t>(count));
  for (auto& incident : incidents) {
    incident.at = at++;
    incident.kind = "level_changed";
  }
  return incidents;
}

TEST_F(SpillStoreTest, IncidentsOfAnOutageAreInTheDatabaseAfterwardsEachOnce) {
  const auto now = clock().wall();
  ASSERT_TRUE(store().note_incidents(some_incidents(2, now)));
  take_away();
  // More than one step moves.
  const auto during = some_incidents(600, now + 10);
  ASSERT_TRUE(store().note_incidents(during));
  const auto away = store().incidents({.limit = 1000}).value();
  EXPECT_FALSE(away.complete) << "the two before are in the database alone";
  EXPECT_EQ(away.incidents.size(), 600U);

  give_back();
  wait_until_settled();
  EXPECT_EQ(count_locally("SELECT count(*) FROM incidents"), 0);
  const auto page = store().incidents({.limit = 1000}).value();
  EXPECT_TRUE(page.complete);
  ASSERT_EQ(page.incidents.size(), 602U);
  EXPECT_EQ(page.incidents[0].id, during.back().id);
  EXPECT_EQ(other_instance()->incidents({.limit = 1000}).value().incidents.size(), 602U);
}

TEST_F(SpillStoreTest, AnIncidentThatTheDatabaseTookUnnoticedIsThereOnce) {
  database().lost_ack.arm(1);
  ASSERT_TRUE(store().note_incidents(some_incidents(1, clock().wall()))) << "kept here, and there";
  EXPECT_EQ(store().incidents({}).value().incidents.size(), 1U);
  wait_until_settled();
  EXPECT_EQ(store().incidents({}).value().incidents.size(), 1U);
  EXPECT_EQ(count_locally("SELECT count(*) FROM incidents"), 0);

  take_away();
  ASSERT_TRUE(store().note_incidents(some_incidents(3, clock().wall())));
  give_back();
  // Of the move: it is done again.
  database().lost_ack.arm(1);
  wait_until_settled();
  EXPECT_EQ(database().lost_ack.left(), 0);
  EXPECT_EQ(store().incidents({}).value().incidents.size(), 4U);
  EXPECT_EQ(count_locally("SELECT count(*) FROM incidents"), 0);
}

TEST_F(SpillStoreTest, ANewProcessMovesTheIncidentsOfTheOneBefore) {
  take_away();
  ASSERT_TRUE(store().note_incidents(some_incidents(3, clock().wall())));
  open();
  EXPECT_EQ(store().incidents({}).value().incidents.size(), 3U);
  give_back();
  wait_until_settled();
  EXPECT_EQ(other_instance()->incidents({}).value().incidents.size(), 3U);
}

TEST_F(SpillStoreTest, ALongOutageKeepsTheNewestIncidentsOnly) {
  take_away();
  const auto now = clock().wall();
  for (int i = 0; i < 101; ++i) ASSERT_TRUE(store().note_incidents(some_incidents(100, now + 100 * i)));
  EXPECT_EQ(count_locally("SELECT count(*) FROM incidents"), kMostIncidents);
  EXPECT_EQ(count_locally("SELECT min(at) FROM incidents"), now + 100);
}

}  // namespace
}  // namespace holdfast::journal
