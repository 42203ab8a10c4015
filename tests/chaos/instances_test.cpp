// What one instance does when another is gone, frozen or only asked instead of it, and when the database is away.
#include <gtest/gtest.h>

#include <csignal>
#include <functional>
#include <thread>

#include "tests/chaos/instances.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

class Instances : public ::testing::Test {
 protected:
  // A worker that takes its time, so that its run can be found running.
  Instance& start(const std::string& worker_flags = "--steps 20 --sleep-ms 100", const std::string& hook = "") {
    if (database_.empty()) database_ = cluster_.url(cluster_.create_database());
    const auto data = directory_ / ("data" + std::to_string(instances_.size()));
    instances_.push_back(std::make_unique<Instance>(data, database_, worker_flags));
    instances_.back()->arm(hook);
    EXPECT_TRUE(instances_.back()->start()) << instances_.back()->log();
    return *instances_.back();
  }

  static std::string result_at(const Instance& instance, const RunId& id) {
    const auto run = instance.get("/v1/runs/" + id.text());
    return run ? answer_of(*run) : "nothing";
  }

  static void expect_one_end_at(const Instance& instance, const RunId& id) {
    const auto timeline = instance.get("/v1/runs/" + id.text() + "/timeline");
    ASSERT_TRUE(timeline);
    expect_one_end(*timeline);
  }

  static bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(10ms);
    }
    return true;
  }

  // The last word of each test: a new run goes through both ways.
  static void expect_work_goes_on(const Instance& instance) {
    const auto id = RunId::make();
    ASSERT_EQ(instance.submit(id, "after the trouble").status, 202);
    EXPECT_TRUE(instance.shows(id, "completed"));
  }

  PostgresCluster cluster_;
  TemporaryDirectory directory_;
  std::string database_;
  std::vector<std::unique_ptr<Instance>> instances_;
  RunId id_ = RunId::make();
};

TEST_F(Instances, ARunOfAKilledInstanceIsFinishedByAnother) {
  auto& first = start();
  auto& second = start();
  ASSERT_EQ(first.submit(id_, "hello").status, 202);
  ASSERT_TRUE(first.shows(id_, "running"));
  first.kill();
  EXPECT_TRUE(second.shows(id_, "completed")) << second.log();
  EXPECT_EQ(result_at(second, id_), "hello");
  expect_one_end_at(second, id_);
  expect_work_goes_on(second);
}

TEST_F(Instances, TheLateAnswerOfAFrozenInstanceIsRefused) {
  auto& first = start("--steps 10 --sleep-ms 200");
  auto& second = start();
  ASSERT_EQ(first.submit(id_, "hello").status, 202);
  ASSERT_TRUE(first.shows(id_, "running"));
  first.freeze();
  ASSERT_TRUE(second.shows(id_, "completed")) << second.log();
  first.thaw();
  ASSERT_TRUE(first.shows(id_, "completed")) << first.log();
  expect_one_end_at(first, id_);
  expect_work_goes_on(first);
}

// Its locks are freed by the database, and what it sends when it wakes up meets nobody who takes it.
TEST_F(Instances, AnInstanceThatFreezesInTheMiddleOfTheCommitOfAnAnswerIsOvertaken) {
  // Without steps, and with an idle worker, its commits are: accepted with its start, and this answer.
  auto& first = start("--steps 0", "journal.inside_commit:2:stop");
  // The other one is there, and known, but cannot work yet.
  auto& second = start("--steps 1 --start-ms 8000");
  ASSERT_TRUE(eventually([&] { return first.log().find("other_instances=1") != std::string::npos; })) << first.log();
  ASSERT_TRUE(eventually([&] { return first.log().find("workers.ready") != std::string::npos; })) << first.log();
  ASSERT_EQ(first.submit(id_, "hello").status, 202);
  ASSERT_TRUE(eventually([&] { return first.is_frozen(); })) << first.log();
  ASSERT_TRUE(second.shows(id_, "completed")) << second.log();
  const auto answered = second.get("/v1/runs/" + id_.text());
  first.thaw();
  ASSERT_TRUE(first.shows(id_, "completed")) << first.log();
  EXPECT_EQ(first.get("/v1/runs/" + id_.text())->at("finished_at"), answered->at("finished_at"));
  EXPECT_EQ(answered->at("attempt"), 2);
  expect_one_end_at(first, id_);
  expect_one_end_at(second, id_);
  expect_work_goes_on(first);
}

TEST_F(Instances, WaitingStreamingAndCancellingWorkAtAnyInstance) {
  auto& first = start();
  auto& second = start();
  ASSERT_EQ(first.submit(id_, "hello").status, 202);
  ASSERT_TRUE(second.shows(id_, "running"));

  HttpClient stream(second.port(), 30s);
  ASSERT_TRUE(stream.send(request_text("GET", "/v1/runs/" + id_.text() + "/events")));
  const auto events = stream.read();
  ASSERT_TRUE(events);
  EXPECT_NE(events->body.find("event: progress"), std::string::npos);
  EXPECT_NE(events->body.find("event: done"), std::string::npos);

  const auto joined = second.submit(id_, "hello");
  EXPECT_EQ(joined.status, 202);
  EXPECT_EQ(result_at(second, id_), "hello");

  const auto other = RunId::make();
  ASSERT_EQ(first.submit(other, "to be cancelled").status, 202);
  ASSERT_TRUE(first.shows(other, "running"));
  EXPECT_EQ(second.post("/v1/runs/" + other.text() + "/cancel", "").status, 202);
  EXPECT_TRUE(first.shows(other, "cancelled"));
  expect_one_end_at(first, other);
  expect_work_goes_on(first);
}

TEST_F(Instances, AKeptAnswerIsHadAtAnyInstanceAndOutlivesTheOneThatTookTheRequest) {
  auto& first = start();
  auto& second = start();
  const std::string body = R"({"prompt":"hello"})";
  const auto ask = [&](Instance& instance, HeaderList more) {
    more.emplace_back("Idempotency-Key", id_.text());
    return instance.post("/kept", body, more);
  };
  ASSERT_EQ(ask(first, {{"Prefer", "respond-async"}}).status, 202);
  ASSERT_TRUE(second.shows(id_, "running"));
  EXPECT_EQ(ask(second, {{"Prefer", "respond-async"}}).status, 202) << "it joins";
  first.kill();
  ASSERT_TRUE(second.shows(id_, "completed"));
  const auto there = ask(second, {});
  EXPECT_EQ(there.status, 200) << there.body;
  EXPECT_NE(there.body.find("hello"), std::string::npos) << there.body;
  ASSERT_TRUE(first.start());
  EXPECT_EQ(ask(first, {}).body, there.body);
  expect_one_end_at(first, id_);
  expect_work_goes_on(first);
}

TEST_F(Instances, AnIdleInstanceTakesWhatWaitsAtABusyOne) {
  auto& first = start("--steps 20 --sleep-ms 200");
  std::vector<RunId> ids;
  for (int i = 0; i < 6; ++i) {
    ids.push_back(RunId::make());
    ASSERT_EQ(first.submit(ids.back(), "hello").status, 202);
  }
  auto& second = start("--steps 1");
  for (const auto& id : ids) {
    EXPECT_TRUE(second.shows(id, "completed"));
    expect_one_end_at(second, id);
  }
  EXPECT_NE(second.log().find("workers.ready"), std::string::npos);
}

TEST_F(Instances, RunsGoOnWhileTheDatabaseIsAwayAndAreThereWhenItIsBack) {
  auto& instance = start("--steps 2 --sleep-ms 20");
  expect_work_goes_on(instance);
  cluster_.stop();
  ASSERT_EQ(instance.submit(id_, "in the dark").status, 202) << instance.log();
  EXPECT_TRUE(instance.shows(id_, "completed")) << instance.log();
  EXPECT_EQ(result_at(instance, id_), "in the dark");
  HttpClient client(instance.port());
  EXPECT_EQ(client.ask("GET", "/v1/runs").value_or(HttpReply{}).status, 503) << "a list is only in the database";

  cluster_.start();
  auto& second = start("--steps 1");
  EXPECT_TRUE(second.shows(id_, "completed")) << instance.log();
  EXPECT_EQ(result_at(second, id_), "in the dark");
  expect_one_end_at(second, id_);
  expect_work_goes_on(instance);
}

TEST_F(Instances, AServerStartsWithoutItsDatabaseAndIsKilledWithoutLosingWhatItTook) {
  auto& instance = start("--steps 5 --sleep-ms 100");
  instance.kill();
  cluster_.stop();
  ASSERT_TRUE(instance.start()) << instance.log();
  ASSERT_EQ(instance.submit(id_, "in the dark").status, 202) << instance.log();
  instance.kill();
  ASSERT_TRUE(instance.start()) << instance.log();
  EXPECT_TRUE(instance.shows(id_, "completed")) << instance.log();
  cluster_.start();
  auto& second = start("--steps 1");
  EXPECT_TRUE(second.shows(id_, "completed")) << instance.log();
  expect_one_end_at(second, id_);
  expect_work_goes_on(second);
}

TEST_F(Instances, AServerKilledBetweenTheDatabaseAndItsLocalJournalMovesNothingTwice) {
  auto& instance = start("--steps 2 --sleep-ms 5", "journal.after_import:2");
  cluster_.stop();
  std::vector<RunId> ids;
  for (int i = 0; i < 4; ++i) {
    ids.push_back(RunId::make());
    ASSERT_EQ(instance.submit(ids.back(), "in the dark").status, 202) << instance.log();
  }
  for (const auto& id : ids) ASSERT_TRUE(instance.shows(id, "completed")) << instance.log();
  cluster_.start();
  ASSERT_TRUE(eventually([&] { return !instance.is_running(); })) << "the second import ends it";
  instance.arm("");
  ASSERT_TRUE(instance.start()) << instance.log();
  ASSERT_TRUE(eventually([&] {
    const auto health = instance.get("/health/database");
    return health && find_int(*find_object(*health, "spill"), "depth") == 0;
  })) << instance.log();
  EXPECT_EQ(instance.log().find("spill_fenced"), std::string::npos) << instance.log();
  auto& second = start("--steps 1");
  for (const auto& id : ids) {
    EXPECT_EQ(result_at(second, id), "in the dark");
    expect_one_end_at(second, id);
  }
  expect_work_goes_on(instance);
}

}  // namespace
}  // namespace holdfast::testing
