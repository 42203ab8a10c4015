// Runs that lived in a local journal come into the store: once, whole, or not at all.
#include "tests/contract/journal/store_contract.hpp"

namespace holdfast::journal {
namespace {

using namespace holdfast::testing;

Entry entry(std::int64_t seq, int attempt, EntryKind kind, std::string body = "{}") {
  return Entry{seq, 1'700'000'000'000 + seq, attempt, kind, std::move(body)};
}

// Accepted, started and completed while the database was away.
Import accepted_locally() {
  Import local{.run = new_run(RunId::make()).run};
  local.run.status = RunStatus::completed;
  local.run.attempt = 1;
  local.run.last_seq = 4;
  local.run.created_at = 1'700'000'000'001;
  local.run.started_at = 1'700'000'000'002;
  local.run.finished_at = 1'700'000'000'004;
  local.run.result = R"({"result":"42"})";
  local.entries = {entry(1, 0, EntryKind::accepted), entry(2, 1, EntryKind::started), entry(3, 1, EntryKind::progress),
                   entry(4, 1, EntryKind::completed)};
  local.checkpoint = Checkpoint{"schema", "{}"};
  return local;
}

// Goes on from a running run in the store.
Import adopted(const Run& base) {
  Import local{.run = base, .base_seq = base.last_seq, .base_status = base.status, .base_attempt = base.attempt};
  local.accepted_here = false;
  local.run.status = RunStatus::completed;
  local.run.last_seq = base.last_seq + 1;
  local.run.finished_at = base.created_at + 9;
  local.run.lease_owner.clear();
  local.run.result = R"({"result":"local"})";
  local.entries = {entry(base.last_seq + 1, base.attempt, EntryKind::completed, R"({"by":"local"})")};
  return local;
}

TEST_P(StoreContract, ARunAcceptedLocallyIsImportedWithItsTimesOnce) {
  const auto local = accepted_locally();
  EXPECT_EQ(store_->import(local).value(), ReplayVerdict::imported);
  EXPECT_EQ(store_->import(local).value(), ReplayVerdict::already_there);
  reopen();
  const auto run = find(local.run.id);
  EXPECT_EQ(run.status, RunStatus::completed);
  EXPECT_EQ(run.created_at, local.run.created_at);
  EXPECT_EQ(run.started_at, local.run.started_at);
  EXPECT_EQ(run.finished_at, local.run.finished_at);
  EXPECT_EQ(run.result, local.run.result);
  EXPECT_EQ(run.prompt, local.run.prompt);
  const auto entries = history(run.id);
  ASSERT_EQ(entries.size(), 4U);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(entries[i].seq, local.entries[i].seq);
    EXPECT_EQ(entries[i].at, local.entries[i].at);
    EXPECT_EQ(entries[i].kind, local.entries[i].kind);
  }
  EXPECT_EQ(store_->checkpoint(run.id).value()->step, "schema");
  EXPECT_TRUE(write(Deliver{run.id})) << "later writes go on from there";
}

TEST_P(StoreContract, AnAdoptedRunGoesOnFromItsBase) {
  const auto base = find(started());
  const auto local = adopted(base);
  EXPECT_EQ(store_->import(local).value(), ReplayVerdict::imported);
  EXPECT_EQ(find(base.id).result, local.run.result);
  EXPECT_EQ(find(base.id).created_at, base.created_at);
  EXPECT_EQ(history(base.id).size(), 3U);
}

TEST_P(StoreContract, ACommitWhoseAcknowledgementWasLostIsFoundThere) {
  const auto id = RunId::make();
  write(new_run(id)).value();
  auto local = accepted_locally();
  local.run.id = id;
  EXPECT_EQ(store_->import(local).value(), ReplayVerdict::imported) << "the accept was there, the rest was not";
  EXPECT_EQ(history(id).size(), 4U);

  const auto base = find(started());
  auto completion = completion_of(base.id, 1, R"({"result":"local"})");
  completion.body = R"({"by":"local"})";
  write(completion).value();
  const auto before = find(base.id);
  EXPECT_EQ(store_->import(adopted(base)).value(), ReplayVerdict::already_there);
  EXPECT_EQ(find(base.id).finished_at, before.finished_at);
  EXPECT_EQ(history(base.id).size(), 3U);
}

TEST_P(StoreContract, ARunThatSomebodyElseWentOnWithIsFencedAndLeftAlone) {
  const auto base = find(started());
  write(loss_of(base.id)).value();
  EXPECT_EQ(store_->import(adopted(base)).value(), ReplayVerdict::fenced);
  EXPECT_EQ(find(base.id).status, RunStatus::queued);
  EXPECT_EQ(find(base.id).result, "");
  EXPECT_EQ(history(base.id).size(), 3U);

  auto unknown = adopted(base);
  unknown.run.id = RunId::make();
  EXPECT_EQ(store_->import(unknown).value(), ReplayVerdict::fenced) << "deleted there meanwhile";
  EXPECT_FALSE(store_->find(unknown.run.id).value());
}

}  // namespace
}  // namespace holdfast::journal
