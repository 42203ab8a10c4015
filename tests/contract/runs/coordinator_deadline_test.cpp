// A run's deadline is for all its attempts, wherever they are made. The journal's clock is the test's.
#include <algorithm>
#include <filesystem>

#include "tests/contract/runs/coordinator_harness.hpp"
#include "tests/support/manual_clock.hpp"

namespace holdfast::testing {
namespace {

using Kinds = std::vector<EntryKind>;
using enum EntryKind;

class CoordinatorDeadlineTest : public CoordinatorTest {
 protected:
  CoordinatorDeadlineTest() { journal_clock_ = &clock_; }

  static runs::CoordinatorConfig a_minute(std::string instance = "only", std::chrono::milliseconds lease = 30ms) {
    runs::CoordinatorConfig config;
    config.instance = std::move(instance);
    config.lease = lease;
    config.run_deadline = 60s;
    config.send_history = false;
    return config;
  }

  /// An attempt that lasts so long by the journal's clock; then the server dies.
  void work_and_die(LiveCoordinator& live, std::chrono::milliseconds time) {
    ASSERT_TRUE(live.submit(id_));
    live.run_until([&] { return live.coordinator().status().running == 1; });
    clock_.advance(time);
    const auto now = clock_.wall();
    live.run_until([&] {
      const auto until = live.await(live.journal().lease_until("only"));
      return until && *until && **until >= now;
    });
    live_.reset();
  }

  static std::int64_t deadline_of_answer(const runs::Run& run) {
    const auto result = parse_json_object(run.result);
    return result ? find_int(*result, "deadline_ms").value_or(-1) : -1;
  }

  ManualClock clock_;
};

TEST_F(CoordinatorDeadlineTest, AServerThatIsStartedAgainKnowsWhatAnAttemptHasCost) {
  work_and_die(serve("--no-answer", a_minute()), 45s);
  // Nobody works while the server is down.
  clock_.advance(1h);
  auto& second = serve("--report", a_minute());
  const auto run = second.finish(id_);
  EXPECT_EQ(run.status, RunStatus::completed);
  EXPECT_EQ(run.attempt, 2);
  EXPECT_LE(deadline_of_answer(run), 15'100);
  EXPECT_GT(deadline_of_answer(run), 0);
}

TEST_F(CoordinatorDeadlineTest, ARunWhoseTimeIsUpIsNotGivenToAWorkerAgain) {
  work_and_die(serve("--no-answer", a_minute()), 61s);
  const auto record = directory_ / "record";
  auto& second = serve("--record " + record, a_minute());
  const auto run = second.finish(id_);
  EXPECT_EQ(run.status, RunStatus::expired);
  EXPECT_NE(run.error.find("runs.deadline"), std::string::npos) << run.error;
  EXPECT_FALSE(std::filesystem::exists(record));
  // The last word: the worker that was not needed takes the next run.
  const auto next = RunId::make();
  ASSERT_TRUE(second.submit(next));
  EXPECT_EQ(second.finish(next).status, RunStatus::completed);
}

TEST_F(CoordinatorDeadlineTest, AnInstanceThatTakesARunOverKnowsWhatItHasCost) {
  shared_ = true;
  {
    auto& first = serve("--no-answer", a_minute("first", 15s));
    ASSERT_TRUE(first.submit(id_));
    first.run_until([&] { return first.coordinator().status().running == 1; });
    clock_.advance(45s);
    ASSERT_TRUE(first.await(first.journal().renew_lease("first", 15s)));
    live_.reset();
  }
  clock_.advance(16s);
  auto& second = serve("--report", a_minute("second", 15s));
  const auto run = second.finish(id_);
  EXPECT_EQ(run.status, RunStatus::completed);
  EXPECT_EQ(second.history(id_), (Kinds{EntryKind::accepted, started, attempt_lost, started, completed}));
  EXPECT_LE(deadline_of_answer(run), 15'000);
  EXPECT_GT(deadline_of_answer(run), 0);
}

}  // namespace
}  // namespace holdfast::testing
