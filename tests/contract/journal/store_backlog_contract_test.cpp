// What waits: answers that nobody has acknowledged, and runs that nobody has started.
#include "tests/contract/journal/store_contract.hpp"

namespace holdfast::journal {
namespace {

using namespace holdfast::testing;
using std::chrono::milliseconds;

TEST_P(StoreContract, AnEmptyJournalHasNoBacklog) {
  const auto backlog = store_->backlog().value();
  EXPECT_EQ(backlog.undelivered, 0);
  EXPECT_FALSE(backlog.oldest_undelivered);
  EXPECT_FALSE(backlog.oldest_queued);
}

TEST_P(StoreContract, AnAnswerIsInTheBacklogUntilItIsAcknowledged) {
  const auto first = completed();
  pass(milliseconds(30));
  const auto second = completed();
  auto backlog = store_->backlog().value();
  EXPECT_EQ(backlog.undelivered, 2);
  ASSERT_TRUE(backlog.oldest_undelivered);
  EXPECT_THAT(backlog.oldest_undelivered->count(), passed(milliseconds(30)));
  ASSERT_TRUE(write(Deliver{first}));
  backlog = store_->backlog().value();
  EXPECT_EQ(backlog.undelivered, 1);
  ASSERT_TRUE(backlog.oldest_undelivered);
  ASSERT_TRUE(write(Deliver{second}));
  backlog = store_->backlog().value();
  EXPECT_EQ(backlog.undelivered, 0);
  EXPECT_FALSE(backlog.oldest_undelivered);
}

TEST_P(StoreContract, ARunIsInTheBacklogUntilItIsStarted) {
  started();
  EXPECT_FALSE(store_->backlog().value().oldest_queued) << "a running one does not wait";
  const auto waiting = accepted();
  pass(milliseconds(30));
  const auto backlog = store_->backlog().value();
  ASSERT_TRUE(backlog.oldest_queued);
  EXPECT_THAT(backlog.oldest_queued->count(), passed(milliseconds(30)));
  EXPECT_EQ(backlog.undelivered, 0) << "it has no answer yet";
  ASSERT_TRUE(write(start_of(waiting)));
  EXPECT_FALSE(store_->backlog().value().oldest_queued);
}

TEST_P(StoreContract, TheBacklogIsOfAllOwners) {
  for (const auto* owner : {"ann", "bob"}) {
    const auto id = RunId::make();
    accept(id, owner);
    ASSERT_TRUE(write(start_of(id)));
    ASSERT_TRUE(write(completion_of(id)));
  }
  EXPECT_EQ(store_->backlog().value().undelivered, 2);
}

}  // namespace
}  // namespace holdfast::journal
