// What the reads return, in which order, for whom.
#include "tests/contract/journal/store_contract.hpp"

namespace holdfast::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace holdfast::testing;

TEST_P(StoreContract, AnUnknownRunIsAbsentAndNotAnError) {
  const auto id = RunId::make();
  EXPECT_FALSE(store_->find(id).value());
  EXPECT_FALSE(store_->checkpoint(id).value());
  EXPECT_THAT(store_->entries(id, 0, 10).value(), IsEmpty());
}

TEST_P(StoreContractAlsoAway, EntriesComeAfterTheGivenNumberUpToTheLimit) {
  const auto id = started();
  for (int i = 0; i < 8; ++i) write(progress_of(id)).value();
  const auto page = store_->entries(id, 3, 4).value();
  ASSERT_EQ(page.size(), 4U);
  for (std::size_t i = 0; i < page.size(); ++i) EXPECT_EQ(page[i].seq, static_cast<std::int64_t>(4 + i));
  EXPECT_THAT(store_->entries(id, 10, 4).value(), IsEmpty());
  EXPECT_THAT(store_->entries(id, 0, 0).value(), IsEmpty());
}

TEST_P(StoreContract, AListIsNewestFirst) {
  std::vector<std::string> newest_first;
  for (int i = 0; i < 3; ++i) {
    newest_first.insert(newest_first.begin(), accepted().text());
    pass(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(ids_of(store_->list({.owner = "ann"}).value()), newest_first);
}

TEST_P(StoreContract, PagesNeitherRepeatNorSkipWhenTimesAreEqualAndRunsArrive) {
  std::vector<Write> same_time;
  for (int i = 0; i < 25; ++i) same_time.push_back(new_run(RunId::make()));
  for (const auto& result : store_->commit(same_time)) ASSERT_TRUE(result);
  const auto expected = ids_of(store_->list({.owner = "ann", .limit = 100}).value());
  ASSERT_EQ(expected.size(), 25U);

  std::vector<std::string> seen;
  RunFilter filter{.owner = "ann", .limit = 4};
  while (true) {
    const auto page = store_->list(filter).value();
    if (page.empty()) break;
    for (const auto& id : ids_of(page)) seen.push_back(id);
    filter.before = Store::cursor_after(page.back());
    pass(std::chrono::milliseconds(1));
    accepted();
  }
  EXPECT_EQ(seen, expected);
}

TEST_P(StoreContract, APageIsTheSameWhenItsLastRunHasMovedOn) {
  const auto older = accepted();
  pass(std::chrono::milliseconds(1));
  const auto newer = accepted();
  const auto first = store_->list({.owner = "ann", .limit = 1}).value();
  const auto cursor = Store::cursor_after(first.at(0));
  write(start_of(newer)).value();
  const RunFilter next{.owner = "ann", .before = cursor};
  EXPECT_THAT(ids_of(store_->list(next).value()), ElementsAre(older.text()));
}

TEST_P(StoreContract, ACursorOfSomebodyElseIsInvalid) {
  for (const char* cursor :
       {"x", "12", "12.", ".0", "12.not-a-run", "-", "1767225600000.01890a5d-ac96-774b-bcce-b302099a80",
        "99999999999999999999.01890a5d-ac96-774b-bcce-b302099a8057"}) {
    const RunFilter filter{.owner = "ann", .before = cursor};
    EXPECT_THAT(store_->list(filter), FailsWith(ErrorCode::invalid_argument)) << cursor;
  }
}

TEST_P(StoreContract, AListKeepsToItsFilters) {
  const auto queued = accepted();
  const auto running = started();
  const auto done = completed();
  const auto elsewhere = RunId::make();
  accept(elsewhere, "ann", "t2");
  accept(RunId::make(), "bob", "t1");

  using ::testing::UnorderedElementsAre;
  EXPECT_THAT(ids_of(store_->list({.owner = "ann"}).value()),
              UnorderedElementsAre(queued.text(), running.text(), done.text(), elsewhere.text()));
  EXPECT_THAT(ids_of(store_->list({.owner = "ann", .thread_id = "t2"}).value()), ElementsAre(elsewhere.text()));
  EXPECT_THAT(ids_of(store_->list({.owner = "ann", .status = RunStatus::running}).value()),
              ElementsAre(running.text()));
  EXPECT_THAT(ids_of(store_->list({.owner = "ann", .thread_id = "t1", .status = RunStatus::queued}).value()),
              ElementsAre(queued.text()));
  EXPECT_THAT(store_->list({.owner = "nobody"}).value(), IsEmpty());
  EXPECT_THAT(store_->list({.owner = "ann", .limit = 0}).value(), IsEmpty());
}

TEST_P(StoreContract, TheInboxHoldsFinishedRunsUntilTheyAreDelivered) {
  accepted();
  started();
  const auto done = completed();
  const auto cancelled = accepted();
  write(cancellation_of_queued(cancelled)).value();
  const RunFilter inbox{.owner = "ann", .only_undelivered = true};
  EXPECT_THAT(ids_of(store_->list(inbox).value()), ::testing::UnorderedElementsAre(done.text(), cancelled.text()));
  write(Deliver{done}).value();
  EXPECT_THAT(ids_of(store_->list(inbox).value()), ElementsAre(cancelled.text()));
  const RunFilter failed{.owner = "ann", .status = RunStatus::completed, .only_undelivered = true};
  EXPECT_THAT(store_->list(failed).value(), IsEmpty());
}

TEST_P(StoreContract, AnOwnerSeesOnlyOwnRunsAndThreads) {
  const auto of_ann = RunId::make();
  const auto of_bob = RunId::make();
  accept(of_ann, "ann", "shared");
  accept(of_bob, "bob", "shared");
  EXPECT_THAT(ids_of(store_->list({.owner = "ann"}).value()), ElementsAre(of_ann.text()));
  EXPECT_THAT(ids_of(store_->thread_runs("bob", "shared", 10).value()), ElementsAre(of_bob.text()));
  EXPECT_THAT(store_->thread_runs("carol", "shared", 10).value(), IsEmpty());
  ASSERT_EQ(store_->threads("ann", 0, 10)->threads.size(), 1U);
  EXPECT_EQ(store_->threads("ann", 0, 10)->threads.at(0).run_count, 1);
  EXPECT_THAT(store_->threads("carol", 0, 10)->threads, IsEmpty());
}

TEST_P(StoreContract, AThreadShowsItsLatestRunsOldestFirst) {
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    ids.push_back(accepted().text());
    pass(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(ids_of(store_->thread_runs("ann", "t1", 10).value()), ids);
  EXPECT_THAT(ids_of(store_->thread_runs("ann", "t1", 2).value()), ElementsAre(ids[3], ids[4]));
}

TEST_P(StoreContract, ThreadsAreTitledByTheirFirstPromptNewestFirst) {
  write(new_run(RunId::make(), "ann", "old", "first of old")).value();
  pass(std::chrono::milliseconds(5));
  write(new_run(RunId::make(), "ann", "new", "first of new")).value();
  pass(std::chrono::milliseconds(5));
  const auto latest = write(new_run(RunId::make(), "ann", "new", "second of new")).value().run;

  const auto threads = store_->threads("ann", 0, 10)->threads;
  ASSERT_EQ(threads.size(), 2U);
  EXPECT_EQ(threads[0].thread_id, "new");
  EXPECT_EQ(threads[0].title, "first of new");
  EXPECT_EQ(threads[0].latest_at, latest.created_at);
  EXPECT_EQ(threads[0].run_count, 2);
  EXPECT_EQ(threads[1].thread_id, "old");
  EXPECT_EQ(store_->threads("ann", 0, 1)->threads.size(), 1U);
}

TEST_P(StoreContractAlsoAway, UnfinishedRunsOfAllOwnersComeOldestFirst) {
  const auto first = accepted();
  completed();
  pass(std::chrono::milliseconds(1));
  const auto second = RunId::make();
  accept(second, "bob");
  write(start_of(second)).value();
  pass(std::chrono::milliseconds(1));
  const auto third = started();
  write(loss_of(third)).value();
  EXPECT_THAT(ids_of(store_->unfinished().value()), ElementsAre(first.text(), second.text(), third.text()));
  write(completion_of(second)).value();
  EXPECT_THAT(ids_of(store_->unfinished().value()), ElementsAre(first.text(), third.text()));
}

}  // namespace
}  // namespace holdfast::journal
