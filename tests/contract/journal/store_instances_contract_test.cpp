// Several instances on one store: who may work on which run.
#include <atomic>
#include <map>

#include "tests/contract/journal/store_contract.hpp"

namespace holdfast::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using namespace holdfast::testing;
using std::chrono::milliseconds;

Claim claim_of(std::string instance, std::size_t count) {
  return Claim{std::move(instance), std::vector<std::string>(count, R"({"worker":1})")};
}

TEST_P(StoreContract, AClaimStartsTheOldestRunsForTheInstance) {
  const auto first = accepted();
  pass(milliseconds(2));
  const auto second = accepted();
  pass(milliseconds(2));
  const auto third = accepted();

  const auto claimed = store_->claim(claim_of("i1", 2)).value();
  EXPECT_THAT(ids_of(claimed), ElementsAre(first.text(), second.text()));
  for (const auto& returned : claimed) {
    const auto run = find(returned.id);
    EXPECT_EQ(run.status, RunStatus::running);
    EXPECT_EQ(run.attempt, 1);
    EXPECT_EQ(run.lease_owner, "i1");
    EXPECT_EQ(run.started_at, returned.started_at);
    EXPECT_EQ(history(run.id).at(1).kind, EntryKind::started);
    EXPECT_EQ(history(run.id).at(1).body, R"({"worker":1})");
  }
  EXPECT_THAT(ids_of(store_->claim(claim_of("i2", 5)).value()), ElementsAre(third.text()));
  EXPECT_THAT(store_->claim(claim_of("i2", 5)).value(), IsEmpty());
  EXPECT_THAT(store_->claim(claim_of("i2", 0)).value(), IsEmpty());
}

TEST_P(StoreContract, AClaimTakesOneRunOfEachOwnerBeforeTheSecondOfAny) {
  std::vector<RunId> of_ann;
  for (int i = 0; i < 3; ++i) {
    of_ann.push_back(accepted());
    pass(milliseconds(2));
  }
  const auto of_bob = RunId::make();
  accept(of_bob, "bob");
  EXPECT_THAT(ids_of(store_->claim(claim_of("i1", 2)).value()), ElementsAre(of_ann[0].text(), of_bob.text()));
}

TEST_P(StoreContract, ARunThatPausesBeforeARetryIsNotClaimedUntilThen) {
  const auto id = started();
  auto loss = loss_of(id);
  loss.delay = milliseconds(60'000);
  write(loss).value();
  EXPECT_THAT(store_->claim(claim_of("i1", 5)).value(), IsEmpty());

  const auto soon = started();
  loss = loss_of(soon);
  loss.delay = milliseconds(5);
  write(loss).value();
  pass(milliseconds(10));
  EXPECT_THAT(ids_of(store_->claim(claim_of("i1", 5)).value()), ElementsAre(soon.text()));
  EXPECT_EQ(find(soon).attempt, 2);
}

TEST_P(StoreContract, TwoInstancesThatClaimAtOnceNeverTakeTheSameRun) {
  std::vector<Write> writes;
  for (int i = 0; i < 60; ++i) writes.emplace_back(new_run(RunId::make(), i % 2 == 0 ? "ann" : "bob"));
  for (const auto& result : store_->commit(writes)) ASSERT_TRUE(result);

  auto other = GetParam().open(path_, clock_).value();
  std::array<std::vector<std::string>, 2> taken;
  const auto claim_all = [&taken](Store& store, std::size_t which) {
    const auto instance = "i" + std::to_string(which);
    int empty = 0;
    for (int tries = 0; tries < 2'000 && empty < 3; ++tries) {
      auto claimed = store.claim(claim_of(instance, 3));
      if (!claimed) continue;  // Locked by the other one: SQLite says so instead of waiting for ever.
      empty = claimed->empty() ? empty + 1 : 0;
      for (const auto& id : ids_of(*claimed)) taken[which].push_back(id);
    }
  };
  std::thread second([&] { claim_all(*other, 1); });
  claim_all(*store_, 0);
  second.join();

  std::map<std::string, int> owners;
  for (const auto& ids : taken) {
    for (const auto& id : ids) ++owners[id];
  }
  EXPECT_EQ(owners.size(), 60U);
  for (const auto& [id, count] : owners) EXPECT_EQ(count, 1) << id;
  for (const auto& run : store_->unfinished().value()) {
    EXPECT_EQ(run.status, RunStatus::running);
    EXPECT_EQ(run.attempt, 1);
    EXPECT_THAT(taken[run.lease_owner == "i0" ? 0 : 1], ::testing::Contains(run.id.text()));
  }
}

TEST_P(StoreContract, ALeaseHoldsUntilItLapsesOrEnds) {
  EXPECT_EQ(store_->renew_lease("i1", milliseconds(60'000)).value(), 0);
  EXPECT_EQ(store_->renew_lease("i2", milliseconds(60'000)).value(), 1);
  EXPECT_EQ(store_->renew_lease("i1", milliseconds(60'000)).value(), 1);
  EXPECT_TRUE(store_->end_lease("i2"));
  EXPECT_EQ(store_->renew_lease("i1", milliseconds(60'000)).value(), 0);
  EXPECT_TRUE(store_->renew_lease("i3", milliseconds(5)));
  pass(milliseconds(10));
  EXPECT_EQ(store_->renew_lease("i1", milliseconds(60'000)).value(), 0);
  EXPECT_TRUE(store_->end_lease("nobody"));
}

TEST_P(StoreContract, AnEndedLeaseStillTellsUntilWhenItHeld) {
  EXPECT_EQ(store_->lease_until("i1").value(), std::nullopt);
  store_->renew_lease("i1", milliseconds(60'000)).value();
  const auto held = store_->lease_until("i1").value().value();
  EXPECT_TRUE(store_->end_lease("i1"));
  const auto ended = store_->lease_until("i1").value().value();
  EXPECT_LT(ended, held);
  EXPECT_GT(ended, held - 60'000 - 30'000) << "about now";
  store_->renew_lease("i2", milliseconds(5)).value();
  const auto lapses = store_->lease_until("i2").value().value();
  pass(milliseconds(10));
  store_->renew_lease("i3", milliseconds(5)).value();
  EXPECT_EQ(store_->lease_until("i1").value(), ended);
  EXPECT_EQ(store_->lease_until("i2").value(), lapses);
}

TEST_P(StoreContract, RunsOfAnInstanceWithoutALeaseAreOrphans) {
  store_->renew_lease("alive", milliseconds(60'000)).value();
  store_->renew_lease("dying", milliseconds(1)).value();
  accepted();
  completed();
  const auto kept = accepted();
  store_->claim(claim_of("alive", 2)).value();
  pass(milliseconds(2));
  const auto lost = accepted();
  store_->claim(claim_of("dying", 1)).value();
  pass(milliseconds(2));
  const auto unheld = started();
  EXPECT_EQ(find(kept).lease_owner, "alive");

  // The last renewal says how long a silence has to last: a short one here.
  store_->renew_lease("judge", milliseconds(20)).value();
  std::vector<std::string> orphans;
  for (int tries = 0; tries < 1'000 && orphans.size() < 2; ++tries) {
    pass(milliseconds(5));
    orphans = ids_of(store_->orphans(10).value());
  }
  EXPECT_THAT(orphans, ElementsAre(lost.text(), unheld.text()));
  EXPECT_THAT(ids_of(store_->orphans(1).value()), ElementsAre(lost.text()));
  EXPECT_THAT(store_->orphans(0).value(), IsEmpty());

  // Taking over is an ordinary entry; the late word of the instance that was thought dead meets the fence.
  write(loss_of(lost)).value();
  store_->claim(claim_of("alive", 1)).value();
  EXPECT_EQ(find(lost).lease_owner, "alive");
  EXPECT_THAT(write(completion_of(lost, 1)), FailsWith(ErrorCode::conflict));
  EXPECT_TRUE(write(completion_of(lost, 2)));
  EXPECT_EQ(find(lost).lease_owner, "");
}

TEST_P(StoreContract, VersionsTellOfTheRunsThatExist) {
  const auto queued = accepted();
  const auto done = completed();
  const std::vector<RunId> ids{queued, RunId::make(), done};
  auto versions = store_->versions(ids).value();
  ASSERT_EQ(versions.size(), 2U);
  std::ranges::sort(versions, {}, [&](const RunVersion& version) { return version.id != queued; });
  EXPECT_EQ(versions[0].id, queued);
  EXPECT_EQ(versions[0].status, RunStatus::queued);
  EXPECT_EQ(versions[0].last_seq, 1);
  EXPECT_EQ(versions[1].id, done);
  EXPECT_EQ(versions[1].status, RunStatus::completed);
  EXPECT_EQ(versions[1].attempt, 1);
  EXPECT_EQ(versions[1].last_seq, 3);
  EXPECT_THAT(store_->versions({}).value(), IsEmpty());
}

}  // namespace
}  // namespace holdfast::journal
