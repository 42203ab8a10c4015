// Questions that are given the answer of an equal one: which, and what becomes of them when that one comes to nothing.
#include <fmt/format.h>

#include <fstream>
#include <random>

#include "tests/contract/runs/coordinator_harness.hpp"

namespace holdfast::testing {
namespace {

using Kinds = std::vector<EntryKind>;
using enum EntryKind;

class CoordinatorSharingTest : public CoordinatorTest {
 protected:
  static runs::CoordinatorConfig shares() {
    runs::CoordinatorConfig config;
    config.retry = {.max_crashes = 2, .backoff = {1ms, 2ms}};
    config.poll = 10ms;
    config.cache.off_because.clear();
    return config;
  }

  [[nodiscard]] std::string recording(const std::string& flags = "") const {
    return flags + " --record " + (directory_ / "record");
  }

  /// Requests that the workers were sent.
  [[nodiscard]] int computed() const {
    std::ifstream file(directory_ / "record");
    return static_cast<int>(std::count(std::istreambuf_iterator<char>(file), {}, '\n'));
  }

  struct Ask {
    std::string prompt = "hello";
    std::string owner = "ada";
    std::string thread;  ///< Empty: a new one.
    bool anew = false;
  };

  RunId ask(LiveCoordinator& live, const Ask& ask) {
    const auto id = RunId::make();
    const auto thread = ask.thread.empty() ? id.text() : ask.thread;
    runs::Submission submission{.owner = ask.owner,
                                .thread_id = thread,
                                .id = id,
                                .prompt = ask.prompt,
                                .request = fmt::format(R"({{"prompt":"{}","thread_id":"{}"}})", ask.prompt, thread),
                                .traceparent = "",
                                .anew = ask.anew};
    const auto accepted = live.await(live.coordinator().submit(std::move(submission)));
    EXPECT_TRUE(accepted) << accepted.error().message();
    return id;
  }
  RunId ask(LiveCoordinator& live) { return ask(live, Ask()); }

  static std::optional<runs::QueuePlace> place_of(LiveCoordinator& live, const RunId& id) {
    const auto run = live.await(live.coordinator().find("ada", id));
    return live.coordinator().queue_place(*run);
  }

  static std::string source_of(const runs::Run& run) {
    const auto usage = parse_json_object(run.usage);
    const auto* cache = find_object(*usage, "cache");
    return cache == nullptr ? "" : std::string(find_string(*cache, "from").value_or(""));
  }

  void open_gate(const RunId& id) const { std::ofstream(directory_ / ("gate/" + id.text())); }
  [[nodiscard]] std::string gated() const {
    std::filesystem::create_directory(directory_ / "gate");
    return recording("--stream --steps 0 --gate " + (directory_ / "gate"));
  }
};

TEST_F(CoordinatorSharingTest, AnEqualQuestionIsAnsweredWithoutAWorker) {
  auto& live = serve(recording(), shares());
  const auto first = ask(live);
  const auto computed_run = live.finish(first);
  const auto second = ask(live);
  const auto run = live.finish(second);
  EXPECT_EQ(run.status, RunStatus::completed);
  EXPECT_EQ(run.result, computed_run.result);
  EXPECT_EQ(source_of(run), first.text());
  EXPECT_EQ(source_of(computed_run), "");
  EXPECT_EQ(live.history(second), (Kinds{accepted, started, completed}));
  const auto entries = live.await(live.coordinator().entries(second, 0, 10));
  EXPECT_EQ(find_string(*parse_json_object(entries->at(1).body), "cached_from"), first.text());
  EXPECT_EQ(computed(), 1);
  EXPECT_TRUE(live.await(live.coordinator().acknowledge("ada", second)));
}

TEST_F(CoordinatorSharingTest, AKeptAnswerNeedsNoWorkerAtAll) {
  auto& live = serve(recording(), shares());
  live.finish(ask(live));
  live.await(live.pool().stop());
  EXPECT_EQ(live.finish(ask(live)).status, RunStatus::completed);
}

TEST_F(CoordinatorSharingTest, TheSameRunIdJoinsAndIsNoHit) {
  auto& live = serve(recording(), shares());
  ASSERT_TRUE(live.submit(id_));
  live.finish(id_);
  EXPECT_TRUE(live.submit(id_)->joined);
  EXPECT_EQ(live.coordinator().answers().status().counts.hits, 0U);
}

TEST_F(CoordinatorSharingTest, NobodyIsGivenTheAnswerOfAnotherUser) {
  auto& live = serve(recording(), shares());
  live.finish(ask(live));
  live.finish(ask(live, {.owner = "bob"}), "bob");
  EXPECT_EQ(computed(), 2);
}

TEST_F(CoordinatorSharingTest, ALaterQuestionOfAThreadIsComputed) {
  auto& live = serve(recording(), shares());
  live.finish(ask(live, {.thread = "t"}));
  live.finish(ask(live, {.thread = "t"}));
  EXPECT_EQ(computed(), 2) << "its worker is told of the first";
  live.finish(ask(live, {.prompt = "follow-up", .thread = "t"}));
  live.finish(ask(live, {.prompt = "follow-up"}));
  EXPECT_EQ(computed(), 4) << "an answer that knew of other turns is nobody else's";
}

TEST_F(CoordinatorSharingTest, WhoAsksForANewAnswerGetsOne) {
  auto& live = serve(recording(), shares());
  live.finish(ask(live));
  live.finish(ask(live, {.anew = true}));
  EXPECT_EQ(computed(), 2);
}

TEST_F(CoordinatorSharingTest, EqualQuestionsWaitForTheOneThatIsUnderWay) {
  auto& live = serve(gated(), shares(), {.workers = 2});
  const auto leader = ask(live);
  std::vector<RunId> followers;
  for (int i = 0; i < 3; ++i) followers.push_back(ask(live));
  const auto other = ask(live, {.prompt = "another"});
  live.run_until([&] { return computed() == 2; });
  const auto place = place_of(live, followers[1]);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->reason, "same_question");
  EXPECT_FALSE(place->position) << "it is its turn when the other one ends";
  EXPECT_EQ(live.coordinator().waiting_of("ada"), 3U);
  EXPECT_EQ(live.coordinator().waiting(), 0U) << "none of them waits for a worker";
  open_gate(leader);
  for (const auto& id : followers) {
    const auto run = live.finish(id);
    EXPECT_EQ(run.status, RunStatus::completed);
    EXPECT_EQ(source_of(run), leader.text());
  }
  open_gate(other);
  live.finish(other);
  EXPECT_EQ(computed(), 2);
  EXPECT_EQ(live.coordinator().answers().status().shared, 3U);
}

TEST_F(CoordinatorSharingTest, ThoseWhoFollowAFailedRunAskForThemselves) {
  auto& live = serve_without_workers(recording("--status 500"), shares());
  const std::vector<RunId> ids{ask(live), ask(live), ask(live)};
  EXPECT_EQ(place_of(live, ids[2])->position, 1) << "that of the run it waits for";
  live.start_workers();
  for (const auto& id : ids) EXPECT_EQ(live.finish(id).status, RunStatus::failed);
  EXPECT_EQ(computed(), 3);
}

TEST_F(CoordinatorSharingTest, AfterACancellationTheNextOneComputesForTheOthers) {
  auto& live = serve_without_workers(recording(), shares());
  const auto leader = ask(live);
  const auto next = ask(live);
  const auto last = ask(live);
  EXPECT_TRUE(live.await(live.coordinator().cancel("ada", leader)));
  EXPECT_EQ(place_of(live, next)->reason, "workers_starting");
  EXPECT_EQ(place_of(live, last)->reason, "same_question");
  live.start_workers();
  EXPECT_EQ(source_of(live.finish(next)), "");
  EXPECT_EQ(source_of(live.finish(last)), next.text());
  EXPECT_EQ(computed(), 1);
}

TEST_F(CoordinatorSharingTest, CancellingARunThatIsUnderWayCancelsNobodyElse) {
  auto& live = serve(gated(), shares());
  const auto leader = ask(live);
  const auto follower = ask(live);
  live.run_until([&] { return computed() == 1; });
  EXPECT_TRUE(live.await(live.coordinator().cancel("ada", leader)));
  open_gate(follower);
  EXPECT_EQ(live.finish(follower).status, RunStatus::completed);
  EXPECT_EQ(live.history(follower), (Kinds{accepted, started, completed}));
}

TEST_F(CoordinatorSharingTest, WhoFollowsMayLeaveAndMayExpire) {
  auto config = shares();
  config.queue_deadline = 1500ms;
  auto& live = serve(gated(), config);
  const auto leader = ask(live);
  const auto leaves = ask(live);
  const auto expires = ask(live);
  EXPECT_EQ(live.await(live.coordinator().cancel("ada", leaves))->status, RunStatus::cancelled);
  EXPECT_EQ(live.finish(expires).status, RunStatus::expired);
  open_gate(leader);
  EXPECT_EQ(live.finish(leader).status, RunStatus::completed);
  EXPECT_EQ(live.history(leaves), (Kinds{accepted, cancelled}));
}

TEST_F(CoordinatorSharingTest, WhoFollowsTakesAPlaceInTheQueue) {
  auto config = shares();
  config.queue_limit = 2;
  auto& live = serve_without_workers("", config);
  ask(live);
  ask(live);
  const auto refused = live.submit(id_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::resource_exhausted);
}

TEST_F(CoordinatorSharingTest, AfterARestartThoseWhoFollowedAskForThemselves) {
  std::vector<RunId> ids;
  {
    auto& live = serve(gated(), shares());
    for (int i = 0; i < 3; ++i) ids.push_back(ask(live));
    live.run_until([&] { return computed() == 1; });
  }
  for (const auto& id : ids) open_gate(id);
  auto& live = serve(gated(), shares());
  for (const auto& id : ids) EXPECT_EQ(live.finish(id).status, RunStatus::completed);
  EXPECT_EQ(computed(), 4) << "the first one twice";
}

TEST_F(CoordinatorSharingTest, AnAnswerThatGoesOnFromACheckpointIsNobodyElses) {
  auto& live =
      serve_without_workers(recording("--stream --steps 2 --die-mid-answer --once " + (directory_ / "once")), shares());
  const auto leader = ask(live);
  const auto follower = ask(live);
  live.start_workers();
  EXPECT_EQ(live.finish(leader).attempt, 2);
  EXPECT_EQ(source_of(live.finish(follower)), "");
  EXPECT_EQ(computed(), 3);
}

TEST_F(CoordinatorSharingTest, WhatWasClearedIsComputedAgainAlsoWhenItWasUnderWay) {
  auto& live = serve(gated(), shares(), {.workers = 2});
  const auto before = ask(live);
  live.run_until([&] { return computed() == 1; });
  live.coordinator().answers().clear();
  const auto after = ask(live);
  open_gate(before);
  live.finish(before);
  open_gate(after);
  EXPECT_EQ(source_of(live.finish(after)), "");
  EXPECT_EQ(computed(), 2);
  EXPECT_EQ(source_of(live.finish(ask(live))), after.text());
}

TEST_F(CoordinatorSharingTest, ChangedDataIsNeverAnsweredFromTheOld) {
  auto config = shares();
  std::string version = "one";
  config.cache.read_data_version = [&] { return std::optional(version); };
  auto& live = serve(gated(), config);
  const auto first = ask(live);
  const auto follower = ask(live);
  version = "two";
  open_gate(first);
  open_gate(follower);
  live.finish(first);
  EXPECT_EQ(source_of(live.finish(follower)), "");
  const auto last = ask(live);
  open_gate(last);
  EXPECT_EQ(source_of(live.finish(last)), "");
  EXPECT_EQ(computed(), 3);
}

TEST_F(CoordinatorSharingTest, AFullDiskDelaysASharedAnswerAndLosesNone) {
  auto& live = serve(gated(), shares());
  const auto leader = ask(live);
  const auto follower = ask(live);
  live.run_until([&] { return computed() == 1; });
  live.store().fail_before_commit.arm(3);
  open_gate(leader);
  EXPECT_EQ(live.finish(leader).status, RunStatus::completed);
  const auto run = live.finish(follower);
  EXPECT_EQ(run.status, RunStatus::completed);
  const auto kinds = live.history(follower);
  EXPECT_EQ(std::ranges::count(kinds, completed), 1);
}

TEST_F(CoordinatorSharingTest, OnASharedJournalAnIdleWorkerMayTakeWhoFollows) {
  shared_ = true;
  auto config = shares();
  config.instance = "here";
  auto& live = serve(gated(), config, {.workers = 2});
  live.run_until([&] { return live.pool().status().ready == 2; });
  const auto leader = ask(live);
  const auto follower = ask(live);
  live.run_until([&] { return computed() == 2; });
  open_gate(follower);
  EXPECT_EQ(live.finish(follower).status, RunStatus::completed);
  open_gate(leader);
  EXPECT_EQ(live.finish(leader).status, RunStatus::completed);
  EXPECT_EQ(live.coordinator().waiting_of("ada"), 0U);
}

// The worker says who asked what; users, threads and prompts repeat, some runs are cancelled, the cache is cleared.
TEST_F(CoordinatorSharingTest, OverARandomTraceEveryAnswerIsOnesOwn) {
  auto& live = serve(recording("--report --sleep-ms 2"), shares(), {.workers = 2});
  std::mt19937 random(7);
  const auto below = [&](unsigned bound) { return static_cast<unsigned>(random() % bound); };
  std::vector<std::pair<RunId, Ask>> asked;
  for (int turn = 0; turn < 400; ++turn) {
    Ask question{
        .prompt = fmt::format("question {}", below(12)), .owner = fmt::format("user{}", below(3)), .thread = ""};
    if (below(3) == 0) question.thread = fmt::format("thread {}", below(20));
    const auto id = ask(live, question);
    asked.emplace_back(id, question);
    if (below(15) == 0) (void)live.await(live.coordinator().cancel(question.owner, id));
    if (below(60) == 0) live.coordinator().answers().clear();
  }
  int given = 0;
  for (const auto& [id, question] : asked) {
    const auto run = live.finish(id, question.owner);
    if (run.status == RunStatus::cancelled) continue;
    ASSERT_EQ(run.status, RunStatus::completed);
    const auto result = parse_json_object(run.result);
    EXPECT_EQ(find_string(*result, "result"), question.prompt);
    EXPECT_EQ(find_string(*result, "user"), question.owner);
    const auto from = source_of(run);
    EXPECT_EQ(find_string(*result, "run_id"), from.empty() ? id.text() : from);
    if (!from.empty()) ++given;
    const auto kinds = live.history(id);
    EXPECT_EQ(std::ranges::count(kinds, completed), 1);
  }
  EXPECT_GT(given, 100);
  EXPECT_LT(computed(), 300);
}

}  // namespace
}  // namespace holdfast::testing
