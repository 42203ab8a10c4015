// Random lives of runs through random outages, against a model of what was acknowledged.
//
// Every write carries a token of its own. At the end each acknowledged token is in the database exactly once, under the
// number that was acknowledged; nothing else is but writes whose outcome was never told. With a second instance on the
// database, which keeps to the rules of leases, acknowledged words may be fenced, but never an end: an answer that was
// shown stays the answer.
#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

#include "base/backoff.hpp"
#include "tests/support/spill_world.hpp"

namespace holdfast::journal {
namespace {

using namespace holdfast::testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kTtl{10};

struct ModelRun {
  std::optional<journal::Run> known;  ///< What the writer goes on from; absent when it must look first.
  std::vector<Entry> acked;
  std::set<std::int64_t> numbers;
};

class SpillRandomTest : public ::testing::TestWithParam<bool>, protected SpillWorld {
 protected:
  SpillRandomTest() : random_(seed_) {
    RecordProperty("seed", std::to_string(seed_));
    open();
  }

  std::size_t pick(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }
  bool chance(int percent) { return pick(100) < static_cast<std::size_t>(percent); }
  [[nodiscard]] bool has_rival() const { return GetParam(); }
  std::string token() { return R"({"token":)" + std::to_string(++tokens_) + "}"; }

  RunId any_run() {
    auto at = model_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(pick(model_.size())));
    return at->first;
  }

  Append next_of(const journal::Run& run) {
    if (run.status == RunStatus::queued) {
      auto next = chance(90) ? start_of(run.id, run.attempt) : cancellation_of_queued(run.id, run.attempt);
      next.lease_owner = instance_;
      return next;
    }
    switch (pick(6)) {
      case 0: return completion_of(run.id, run.attempt);
      case 1: return loss_of(run.id, run.attempt);
      case 2: {
        auto checkpoint = progress_of(run.id, run.attempt);
        checkpoint.kind = EntryKind::checkpoint;
        checkpoint.checkpoint = Checkpoint{"step", token()};
        return checkpoint;
      }
      default: return progress_of(run.id, run.attempt);
    }
  }

  /// Absent when there is nothing to write about the run now.
  std::optional<Write> next_write(const RunId& id, ModelRun& model) {
    if (!model.known) {
      auto found = store().find(id);
      if (!found) return std::nullopt;
      // Never accepted after all.
      if (!*found) return accept_of(id);
      model.known = **found;
    }
    if (is_terminal(model.known->status)) return Deliver{id};
    auto append = from(*model.known, next_of(*model.known));
    append.body = token();
    return append;
  }

  Write accept_of(const RunId& id) {
    auto accept = new_run(id);
    accept.body = token();
    if (chance(50)) accept.start = FirstStart{instance_, token()};
    return accept;
  }

  void write_some() {
    std::map<RunId, Write> batch;
    for (auto count = 1 + pick(5); count > 0; --count) {
      if (model_.empty() || chance(20)) {
        const auto id = RunId::make();
        model_.try_emplace(id);
        batch.try_emplace(id, accept_of(id));
        continue;
      }
      const auto id = any_run();
      if (batch.contains(id)) continue;
      if (auto write = next_write(id, model_[id])) batch.try_emplace(id, std::move(*write));
    }
    std::vector<Write> writes;
    for (const auto& [id, write] : batch) writes.push_back(write);
    const auto results = write_all(writes);
    for (std::size_t i = 0; i < writes.size(); ++i) note(writes[i], results[i]);
  }

  void note(const Write& write, const Result<Written>& result) {
    auto& model = model_[run_of(write)];
    if (!result) {
      // A conflict comes only of a write that was not told, or of the other instance.
      if (result.error().code() == ErrorCode::conflict && !has_rival()) {
        EXPECT_TRUE(model.known && untold_.contains(run_of(write))) << result.error().message();
      } else if (result.error().code() != ErrorCode::conflict) {
        EXPECT_EQ(result.error().code(), ErrorCode::unavailable) << result.error().message();
        untold_.insert(run_of(write));
      }
      model.known.reset();
      return;
    }
    model.known = result->run;
    if (!result->changed) return;
    Entry entry{.seq = result->run.last_seq, .attempt = result->run.attempt};
    if (const auto* accept = std::get_if<Accept>(&write)) {
      entry.body = accept->body;
      // The start was left, but the database may hold it.
      if (accept->start && result->run.status == RunStatus::queued) untold_.insert(run_of(write));
      if (result->run.status == RunStatus::running) {
        model.acked.push_back({.seq = 1, .attempt = 0, .body = accept->body});
        model.numbers.insert(1);
        entry.kind = EntryKind::started;
        entry.body = accept->start->body;
      }
    }
    if (const auto* append = std::get_if<Append>(&write)) {
      entry.kind = append->kind;
      entry.body = append->body;
    }
    if (std::holds_alternative<Deliver>(write)) {
      entry.kind = EntryKind::delivered;
      entry.body = "{}";
    }
    model.acked.push_back(entry);
    // After a fence the database goes on from fewer entries than were acknowledged.
    EXPECT_TRUE(model.numbers.insert(entry.seq).second || has_rival()) << "a number was given twice";
  }

  void disturb() {
    switch (pick(9)) {
      case 0: take_away(); break;
      case 1:
      case 2: give_back(); break;
      case 3:
        if (has_database()) database().lost_ack.arm(1);
        break;
      case 4:
        if (has_database()) database().fail_before_commit.arm(1 + static_cast<int>(pick(3)));
        break;
      case 5:
        if (chance(40)) restart();
        break;
      default: (void)store().renew_lease(instance_, kTtl); break;
    }
  }

  void restart() {
    open();
    instance_ = "here, for the " + std::to_string(++starts_) + ". time";
    // As a server does first of all, if it can: it learns who else is there.
    (void)store().renew_lease(instance_, kTtl);
    for (auto& [id, model] : model_) model.known.reset();
    const auto unfinished = store().unfinished();
    ASSERT_TRUE(unfinished);
    for (const auto& run : *unfinished) model_[run.id].known = run;
  }

  /// Another instance: claims what is queued and takes over what nobody holds, in the database.
  void rival_acts() {
    auto& rival = *rival_;
    rival_lapsed_ = rival_lapsed_ || clock().steady() >= rival_until_;
    rival_until_ = clock().steady() + kTtl;
    ASSERT_TRUE(rival.renew_lease("rival", kTtl));
    // Who comes back to a database waits for one ttl before it judges leases. So in an outage of all, local words come
    // in first; that others reach the database for longer while this instance does not is the case that is not covered
    // (docs/decisions/0008-spill.md): neither for orphans, nor for a claim by one whose lease had lapsed: this instance
    // may have been alone when it last looked.
    const auto spill = store().health().spill;
    const bool judges = !spill.active && spill.depth == 0;
    std::vector<journal::Run> taken;
    if (chance(30) && (judges || !rival_lapsed_)) taken = rival.claim({"rival", {token()}}).value();
    for (const auto& orphan : rival.orphans(judges ? 1 : 0).value()) {
      auto loss = loss_of(orphan.id, orphan.attempt);
      loss.body = token();
      const std::vector<Write> writes{loss};
      ASSERT_TRUE(rival.commit(writes).at(0));
    }
    for (const auto& run : taken) {
      if (chance(50)) continue;
      auto completion = completion_of(run.id, run.attempt);
      completion.body = token();
      const std::vector<Write> writes{completion};
      ASSERT_TRUE(rival.commit(writes).at(0));
    }
  }

  void live(int steps) {
    if (has_rival()) {
      rival_ = other_instance();
      ASSERT_TRUE(rival_->renew_lease("rival", kTtl));
      rival_until_ = clock().steady() + kTtl;
      ASSERT_EQ(store().renew_lease(instance_, kTtl).value(), 1);
    }
    for (int step = 0; step < steps && !HasFailure(); ++step) {
      write_some();
      if (chance(40)) disturb();
      if (chance(60)) wait(milliseconds(pick(2500)));
      if (has_rival() && chance(40)) rival_acts();
    }
  }

  void come_to_rest() {
    give_back();
    if (has_database()) {
      database().lost_ack.disarm();
      database().fail_before_commit.disarm();
    }
    wait_until_settled();
    const auto health = store().health();
    EXPECT_FALSE(health.spill.active);
    EXPECT_EQ(health.spill.depth, 0);
    EXPECT_EQ(count_locally("SELECT count(*) FROM runs"), 0);
    EXPECT_EQ(count_locally("SELECT count(*) FROM entries"), 0);
  }

  void check_run(Store& there, const RunId& id, const ModelRun& model) {
    const auto run = there.find(id).value();
    const auto entries = there.entries(id, 0, 100'000).value();
    if (!run) {
      EXPECT_TRUE(model.acked.empty()) << "an acknowledged run is gone";
      return;
    }
    int ends = 0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      ASSERT_EQ(entries[i].seq, static_cast<std::int64_t>(i + 1));
      ends += parse_run_status(to_string(entries[i].kind)) ? 1 : 0;
      if (entries[i].kind != EntryKind::delivered) {
        EXPECT_TRUE(found_.insert(entries[i].body).second) << "twice: " << entries[i].body;
      }
    }
    EXPECT_EQ(run->last_seq, std::ssize(entries));
    EXPECT_EQ(ends, is_terminal(run->status) ? 1 : 0);
    EXPECT_EQ(run->attempt, entries.back().attempt);
    for (const auto& entry : model.acked) check_acked(id, entries, entry);
  }

  void check_acked(const RunId& id, const std::vector<Entry>& entries, const Entry& acked) {
    const bool there = acked.seq <= std::ssize(entries) &&
                       entries[static_cast<std::size_t>(acked.seq - 1)].body == acked.body &&
                       entries[static_cast<std::size_t>(acked.seq - 1)].kind == acked.kind;
    if (there) return;
    EXPECT_TRUE(has_rival()) << "lost: " << id.text() << " " << acked.seq << " " << acked.body;
    EXPECT_FALSE(parse_run_status(to_string(acked.kind))) << "an answer that was shown was replaced: " << id.text();
    const auto kept =
        count_locally("SELECT count(*) FROM fenced_runs JOIN fenced_entries USING (number) WHERE id = '" + id.text() +
                      "' AND seq = " + std::to_string(acked.seq) + " AND body = '" + acked.body + "'");
    EXPECT_EQ(kept, 1) << "fenced and not kept aside";
  }

  void check_everything() {
    const auto there = other_instance();
    for (const auto& [id, model] : model_) check_run(*there, id, model);
    if (!has_rival()) EXPECT_EQ(store().health().spill.fenced, 0);
  }

  static std::uint32_t choose_seed() {
    const char* again = std::getenv("HOLDFAST_TEST_SEED");
    if (again != nullptr) return static_cast<std::uint32_t>(std::stoul(again));
    return static_cast<std::uint32_t>(random_uniform() * 4'000'000'000.0);
  }

  const std::uint32_t seed_ = choose_seed();
  std::mt19937 random_;
  std::map<RunId, ModelRun> model_;
  std::set<RunId> untold_;       ///< Runs with a write whose outcome was not told.
  std::set<std::string> found_;  ///< Tokens in the database.
  std::string instance_ = "here";
  int starts_ = 1;
  int tokens_ = 0;
  std::unique_ptr<Store> rival_;
  SteadyTime rival_until_{};   ///< Of its lease.
  bool rival_lapsed_ = false;  ///< At some time nobody held a lease beside this instance.
};

TEST_P(SpillRandomTest, EveryAcknowledgedWriteIsInTheDatabaseOnceAfterAllOutages) {
  SCOPED_TRACE("seed " + std::to_string(seed_));
  live(100);
  come_to_rest();
  check_everything();
}

INSTANTIATE_TEST_SUITE_P(All, SpillRandomTest, ::testing::Values(false, true),
                         [](const auto& instance) { return std::string(instance.param ? "BesideAnother" : "Alone"); });

}  // namespace
}  // namespace holdfast::journal
