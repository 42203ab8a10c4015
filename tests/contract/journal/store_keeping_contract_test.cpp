// What users say of answers, which threads they have, what is deleted and what is kept.
#include "tests/contract/journal/store_contract.hpp"

namespace holdfast::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace holdfast::testing;
using std::chrono::milliseconds;

TEST_P(StoreContract, ARatingChangesOnlyWhatIsSaid) {
  const auto id = completed();
  EXPECT_THAT(store_->rate(RunId::make(), RatingChange{.feedback = true}), FailsWith(ErrorCode::not_found));
  EXPECT_EQ(store_->rate(id, RatingChange{.feedback = true}).value().feedback, true);
  EXPECT_EQ(store_->rate(id, RatingChange{.comment = "good"}).value().feedback, true);
  const auto rated = store_->rate(id, RatingChange{.sets_sentiment = true, .sentiment = false}).value();
  EXPECT_EQ(rated.feedback, true);
  EXPECT_EQ(rated.comment, "good");
  EXPECT_EQ(rated.sentiment, false);
  EXPECT_FALSE(store_->rate(id, RatingChange{.sets_sentiment = true}).value().sentiment);
  reopen();
  const auto stored = store_->ratings("ann", "t1").value();
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(stored[0].id, id);
  EXPECT_EQ(stored[0].feedback, true);
  EXPECT_EQ(stored[0].comment, "good");
  EXPECT_FALSE(stored[0].sentiment);
  EXPECT_THAT(store_->ratings("bob", "t1").value(), IsEmpty());
  EXPECT_THAT(store_->ratings("ann", "t2").value(), IsEmpty());
}

TEST_P(StoreContract, DeletingAThreadRemovesAllOfItAndNothingElse) {
  const auto id = started();
  auto checkpoint = progress_of(id);
  checkpoint.checkpoint = Checkpoint{"schema", "{}"};
  write(checkpoint).value();
  write(completion_of(id)).value();
  completed();
  store_->rate(id, RatingChange{.feedback = true}).value();
  const auto elsewhere = RunId::make();
  accept(elsewhere, "ann", "t2");
  const auto of_bob = RunId::make();
  accept(of_bob, "bob", "t1");

  const auto deleted = store_->delete_thread("ann", "t1").value();
  EXPECT_EQ(deleted.runs, 2);
  EXPECT_EQ(deleted.entries, 7);
  EXPECT_EQ(deleted.checkpoints, 1);
  EXPECT_EQ(deleted.ratings, 1);
  EXPECT_FALSE(store_->find(id).value());
  EXPECT_THAT(history(id), IsEmpty());
  EXPECT_FALSE(store_->checkpoint(id).value());
  EXPECT_THAT(store_->thread_runs("ann", "t1", 10).value(), IsEmpty());
  EXPECT_TRUE(store_->find(elsewhere).value());
  EXPECT_TRUE(store_->find(of_bob).value());
  EXPECT_EQ(store_->delete_thread("ann", "t1").value().runs, 0);
}

TEST_P(StoreContract, AThreadWithARunThatHasNotFinishedIsNotDeleted) {
  const auto done = completed();
  const auto queued = accepted();
  EXPECT_THAT(store_->delete_thread("ann", "t1"), FailsWith(ErrorCode::failed_precondition));
  EXPECT_TRUE(store_->find(done).value());
  write(cancellation_of_queued(queued)).value();
  EXPECT_EQ(store_->delete_thread("ann", "t1").value().runs, 2);
}

TEST_P(StoreContract, RetirementEmptiesWhatWasDeliveredLongAgoAndKeepsTheRow) {
  const auto undelivered = completed();
  const auto old = completed();
  write(Deliver{old}).value();
  store_->rate(old, RatingChange{.feedback = true}).value();
  EXPECT_EQ(store_->retire(milliseconds(60'000), 10).value(), 0);
  pass(milliseconds(10));
  EXPECT_EQ(store_->retire(milliseconds(5), 0).value(), 0);
  EXPECT_EQ(store_->retire(milliseconds(5), 10).value(), 1);
  EXPECT_EQ(store_->retire(milliseconds(5), 10).value(), 0);

  const auto run = find(old);
  EXPECT_EQ(run.status, RunStatus::completed);
  EXPECT_TRUE(run.retired_at);
  EXPECT_TRUE(run.delivered_at);
  EXPECT_EQ(run.prompt + run.request + run.result + run.usage + run.error, "");
  EXPECT_THAT(history(old), IsEmpty());
  EXPECT_THAT(ids_of(store_->list({.owner = "ann"}).value()), ElementsAre(undelivered.text()));
  EXPECT_THAT(ids_of(store_->thread_runs("ann", "t1", 10).value()), ElementsAre(undelivered.text()));
  EXPECT_FALSE(write(new_run(old)).value().changed) << "its id stays taken";
}

TEST_P(StoreContract, ThreadsComeInPagesWithTheirTotal) {
  for (const char* thread : {"a", "b", "c", "d", "e"}) {
    accept(RunId::make(), "ann", thread);
    pass(milliseconds(2));
  }
  accept(RunId::make(), "bob", "f");
  const auto names = [&](int offset, int limit) {
    std::vector<std::string> found;
    const auto page = store_->threads("ann", offset, limit).value();
    EXPECT_EQ(page.total, 5);
    for (const auto& thread : page.threads) found.push_back(thread.thread_id);
    return found;
  };
  EXPECT_THAT(names(0, 2), ElementsAre("e", "d"));
  EXPECT_THAT(names(2, 2), ElementsAre("c", "b"));
  EXPECT_THAT(names(4, 2), ElementsAre("a"));
  EXPECT_THAT(names(5, 2), IsEmpty());
  EXPECT_EQ(store_->threads("nobody", 0, 5).value().total, 0);
}

}  // namespace
}  // namespace holdfast::journal
