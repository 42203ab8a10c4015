// Which local words reach the database: every pair of short histories, and everything that must stop a merge.
#include "journal/replay_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace holdfast::journal {
namespace {

using Words = std::vector<int>;

// An alphabet of words for one attempt. The first two differ in the body alone.
Entry word(int which, std::int64_t seq) {
  Entry entry{.seq = seq, .at = 1000 + seq, .attempt = 1, .kind = EntryKind::progress, .body = R"({"step":"a"})"};
  if (which == 1) entry.body = R"({"step":"b"})";
  if (which == 2) entry.kind = EntryKind::completed;
  return entry;
}

std::vector<Entry> entries_of(const Words& words, std::int64_t base_seq) {
  std::vector<Entry> entries;
  for (const int which : words) entries.push_back(word(which, base_seq + std::ssize(entries) + 1));
  return entries;
}

Run run_after(const Words& words, std::int64_t base_seq) {
  Run run{.id = RunId::parse("01890a5d-ac96-774b-bcce-b302099a8057").value()};
  run.owner = "ann";
  run.thread_id = "t1";
  run.prompt = "How many?";
  run.route = "POST /analyze";
  run.request = R"({"prompt":"How many?"})";
  run.attempt = 1;
  const bool ended = std::ranges::find(words, 2) != words.end();
  run.status = ended ? RunStatus::completed : RunStatus::running;
  if (!ended) run.lease_owner = "here";
  run.last_seq = base_seq + std::ssize(words);
  return run;
}

constexpr std::int64_t kBase = 2;

Import adopted(const Words& words) {
  return Import{.run = run_after(words, kBase),
                .entries = entries_of(words, kBase),
                .checkpoint = {},
                .base_seq = kBase,
                .base_status = RunStatus::running,
                .base_attempt = 1,
                .accepted_here = false};
}

Import accepted_here(const Words& words) {
  return Import{.run = run_after(words, 0), .entries = entries_of(words, 0), .checkpoint = {}};
}

std::vector<Words> all_words(std::size_t most) {
  std::vector<Words> all{{}};
  for (std::size_t from = 0, length = 0; length < most; ++length) {
    const auto to = all.size();
    for (; from < to; ++from) {
      for (int which = 0; which < 3; ++which) {
        auto longer = all[from];
        longer.push_back(which);
        all.push_back(std::move(longer));
      }
    }
  }
  return all;
}

bool begins_with(const Words& words, const Words& beginning) {
  return words.size() >= beginning.size() && std::equal(beginning.begin(), beginning.end(), words.begin());
}

void expect_the_right_plan(const Words& here, const Words& there, const Import& local) {
  const auto base = local.base_seq;
  const auto tail = entries_of(there, base);
  const auto plan = plan_replay(run_after(there, base), tail, local);
  if (begins_with(there, here)) {
    EXPECT_EQ(plan.verdict, ReplayVerdict::already_there);
    return;
  }
  if (!begins_with(here, there)) {
    EXPECT_EQ(plan.verdict, ReplayVerdict::fenced);
    return;
  }
  ASSERT_EQ(plan.verdict, ReplayVerdict::imported);
  Words after = there;
  after.insert(after.end(), here.begin() + static_cast<std::ptrdiff_t>(plan.insert_from), here.end());
  EXPECT_EQ(after, here);
}

TEST(ReplayPlanTest, EveryPairOfShortHistoriesIsMergedWholeOrNotAtAll) {
  for (const auto& here : all_words(3)) {
    if (here.empty()) continue;
    for (const auto& there : all_words(3)) {
      expect_the_right_plan(here, there, adopted(here));
      if (!there.empty()) expect_the_right_plan(here, there, accepted_here(here));
    }
  }
}

TEST(ReplayPlanTest, AnAcceptedRunThatTheDatabaseDoesNotKnowIsImportedWhole) {
  for (const auto& here : all_words(3)) {
    const auto plan = plan_replay(std::nullopt, {}, accepted_here(here));
    EXPECT_EQ(plan.verdict, ReplayVerdict::imported);
    EXPECT_EQ(plan.insert_from, 0U);
  }
}

TEST(ReplayPlanTest, AnAdoptedRunThatIsGoneWasDeletedAndStaysSo) {
  EXPECT_EQ(plan_replay(std::nullopt, {}, adopted({0})).verdict, ReplayVerdict::fenced);
}

using Spoil = void (*)(Run& there, Import& local);

// Each of these makes it another run, or another history, whatever the words say.
constexpr std::array<Spoil, 10> kSpoils{
    [](Run& there, Import&) { there.owner = "bob"; },
    [](Run& there, Import&) { there.thread_id = "t2"; },
    [](Run& there, Import&) { there.prompt = "How few?"; },
    [](Run& there, Import&) { there.request = "{}"; },
    [](Run& there, Import&) { there.route = "POST /other"; },
    [](Run& there, Import&) { there.retired_at = 1; },
    [](Run& there, Import&) { ++there.last_seq; },
    [](Run& there, Import&) { --there.last_seq; },
    [](Run&, Import& local) { ++local.entries.back().seq; },
    [](Run&, Import& local) { ++local.run.last_seq; },
};

TEST(ReplayPlanTest, NothingIsMergedIntoAnotherRunOrHistory) {
  for (const auto& here : all_words(3)) {
    if (here.empty()) continue;
    for (const auto& there : all_words(3)) {
      for (std::size_t i = 0; i < kSpoils.size(); ++i) {
        auto local = adopted(here);
        auto run = run_after(there, kBase);
        kSpoils.at(i)(run, local);
        EXPECT_EQ(plan_replay(run, entries_of(there, kBase), local).verdict, ReplayVerdict::fenced) << "spoil " << i;
      }
    }
  }
}

TEST(ReplayPlanTest, ABaseInAnotherStateIsAnotherHistory) {
  auto local = adopted({0});
  local.base_attempt = 2;
  EXPECT_EQ(plan_replay(run_after({}, kBase), {}, local).verdict, ReplayVerdict::fenced);
  local = adopted({0});
  local.base_status = RunStatus::queued;
  EXPECT_EQ(plan_replay(run_after({}, kBase), {}, local).verdict, ReplayVerdict::fenced);
}

TEST(ReplayPlanTest, TimesAreNotCompared) {
  const auto local = adopted({0, 1});
  auto tail = entries_of({0}, kBase);
  tail[0].at += 500;
  const auto plan = plan_replay(run_after({0}, kBase), tail, local);
  EXPECT_EQ(plan.verdict, ReplayVerdict::imported);
  EXPECT_EQ(plan.insert_from, 1U);
}

TEST(ReplayPlanTest, TheSameWordsOfAnAttemptThatAnotherInstanceRunsAreNotOurs) {
  auto there = run_after({0}, kBase);
  there.lease_owner = "elsewhere";
  EXPECT_EQ(plan_replay(there, entries_of({0}, kBase), adopted({0})).verdict, ReplayVerdict::fenced);
  EXPECT_EQ(plan_replay(there, entries_of({0}, kBase), adopted({0, 1})).verdict, ReplayVerdict::fenced);
}

TEST(ReplayPlanTest, AnAttemptThatBeganLocallyMayBeOfAnotherInstanceThanTheOneBefore) {
  auto local = adopted({0, 1});
  local.entries[0].kind = EntryKind::attempt_lost;
  local.entries[1].kind = EntryKind::started;
  local.run.lease_owner = "here, restarted";
  EXPECT_EQ(plan_replay(run_after({}, kBase), {}, local).verdict, ReplayVerdict::imported);
}

TEST(ReplayPlanTest, ALocalRunWithoutEntriesAsksForNothing) {
  EXPECT_EQ(plan_replay(run_after({}, kBase), {}, adopted({})).verdict, ReplayVerdict::already_there);
}

}  // namespace
}  // namespace holdfast::journal
