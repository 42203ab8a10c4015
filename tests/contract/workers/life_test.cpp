// Starts, ends, restarts and crash loops of workers.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <random>

#include "tests/contract/workers/pool_fixture.hpp"

namespace holdfast::workers {
namespace {

using namespace std::chrono_literals;

class PoolLife : public PoolFixture {
 protected:
  std::uint64_t starts() const {
    std::uint64_t sum = 0;
    for (const auto& worker : pool_->status().workers) sum += worker.starts;
    return sum;
  }
};

TEST_F(PoolLife, EveryWorkerBecomesIdleAndIsAnnounced) {
  auto config = scripted("");
  config.size = 3;
  start(config);
  EXPECT_TRUE(until([&] { return pool_->status().ready == 3; }));
  EXPECT_TRUE(until([&] { return idle_calls_ > 0; }));
  const auto one = acquire();
  const auto two = acquire();
  const auto three = acquire();
  EXPECT_FALSE(pool_->acquire());
  EXPECT_NE(one.worker_pid(), two.worker_pid());
  EXPECT_NE(two.worker_index(), three.worker_index());
}

TEST_F(PoolLife, ADroppedSlotGivesTheWorkerBack) {
  start(scripted(""));
  {
    const auto slot = acquire();
    EXPECT_EQ(pool_->status().workers[0].state, "busy");
  }
  EXPECT_EQ(pool_->status().workers[0].state, "idle");
  expect_that_work_goes_on();
  EXPECT_EQ(starts(), 1u);
}

TEST_F(PoolLife, ASlotWhoseWorkerHasDiedLosesTheAttemptAndNotMore) {
  start(scripted(""));
  auto slot = std::make_shared<Slot>(acquire());
  ::kill(slot->worker_pid(), SIGKILL);
  EXPECT_TRUE(until([&] { return starts() == 2 && pool_->status().ready == 1; }));
  auto served = std::make_shared<Served>();
  auto task = [slot, served, tried = attempt("hello")]() -> awaitable<void> {
    EventSink sink = [](WorkerEvent) -> awaitable<Result<void>> { co_return Result<void>(); };
    auto outcome = co_await slot->dispatch(tried, std::move(sink));
    served->outcome = std::move(outcome);
    served->ended = true;
  };
  spawn(io_.get_executor(), "test.dispatch", std::move(task));
  EXPECT_TRUE(until([&] { return served->ended; }));
  ASSERT_NE(lost(*served), nullptr);
  EXPECT_THAT(lost(*served)->reason, testing::EndsWith("was killed by signal 9 (SIGKILL) before it got the run"));
  EXPECT_FALSE(lost(*served)->exited) << "the run is not to blame";
  expect_that_work_goes_on();
}

TEST_F(PoolLife, AnIdleWorkerThatDiesIsReplaced) {
  start(scripted(""));
  expect_that_work_goes_on();
  ::kill(pool_->status().workers[0].pid, SIGKILL);
  EXPECT_TRUE(until([&] { return starts() == 2 && pool_->status().ready == 1; }));
  EXPECT_THAT(pool_->status().last_failure, testing::HasSubstr("was killed by signal 9 (SIGKILL) while idle"));
  expect_that_work_goes_on();
}

struct BadStart {
  std::string name;
  std::string flags;
  std::string says;
};

void PrintTo(const BadStart& habit, std::ostream* out) { *out << habit.flags; }

class BadStartContract : public PoolLife, public testing::WithParamInterface<BadStart> {};

TEST_P(BadStartContract, IsTriedAgainAndWorkGoesOn) {
  auto config = scripted_once(GetParam().flags);
  if (GetParam().flags == "--never-ready") config.start_timeout = 3s;
  start(config);
  EXPECT_TRUE(until([&] { return starts() == 2 && pool_->status().ready == 1; }));
  expect_that_work_goes_on();
  EXPECT_FALSE(pool_->status().crash_loop);
  EXPECT_THAT(pool_->status().last_failure, testing::HasSubstr(GetParam().says));
}

TEST_P(BadStartContract, ForEverIsACrashLoopThatIsToldAndDoesNotSpin) {
  auto config = scripted(GetParam().flags);
  config.size = 2;
  if (GetParam().flags == "--never-ready") config.start_timeout = 100ms;
  config.restart_backoff = {1ms, 60'000ms};
  config.crash_loop_after = 3;
  start(config);
  EXPECT_TRUE(until([&] { return pool_->status().crash_loop; }));
  EXPECT_THAT(pool_->status().last_failure, testing::HasSubstr(GetParam().says));
  pass(200ms);
  EXPECT_LE(starts(), 5u);
  EXPECT_TRUE(until([&] { return pool_->status().ready == 0; }));
  EXPECT_FALSE(pool_->acquire());
}

INSTANTIATE_TEST_SUITE_P(
    Habits, BadStartContract,
    testing::Values(
        BadStart{"NeverReady", "--never-ready", "did not listen in time"},
        // Its end may be seen before its readiness is.
        BadStart{"ReadyThenDead", "--ready-then-dead", "exited with status 3 before it "},
        BadStart{"ExitsAtOnce", "--exit-at-start 1",
                 "exited with status 1 before it was ready; its last output: cannot go on: the scripted reason"},
        BadStart{"NotFoundStatus", "--exit-at-start 127", "worker command not found"},
        BadStart{"Daemonizes", "--daemonize", "exited with status 0 before it "},
        BadStart{"KilledAtOnce", "--signal-at-start 9", "was killed by signal 9 (SIGKILL) before it was ready"}),
    [](const auto& info) { return info.param.name; });

TEST_F(PoolLife, ACommandThatDoesNotExistIsNamed) {
  auto config = scripted("");
  config.command = "/no/such/worker --uds {socket}";
  config.restart_backoff = {1ms, 60'000ms};
  start(config);
  EXPECT_TRUE(until([&] { return pool_->status().crash_loop; }));
  EXPECT_THAT(pool_->status().last_failure,
              testing::StartsWith("worker command not found: /no/such/worker --uds {socket}; check --worker"));
}

TEST_F(PoolLife, ACrashLoopEndsWhenTheCommandWorksAgain) {
  auto config = scripted("");
  config.command = "test -e " + dir_ + "/mended && " + config.command;
  config.restart_backoff = {1ms, 50ms};
  config.crash_loop_after = 3;
  start(config);
  EXPECT_TRUE(until([&] { return pool_->status().crash_loop; }));
  std::filesystem::create_directory(dir_ + "/mended");
  expect_that_work_goes_on();
  EXPECT_FALSE(pool_->status().crash_loop);
}

TEST_F(PoolLife, AWorkerThatIgnoresSigtermIsKilled) {
  auto config = scripted("--ignore-sigterm");
  config.grace_period = 50ms;
  start(config);
  expect_that_work_goes_on();
  stop();
  EXPECT_FALSE(has_children());
}

TEST_F(PoolLife, MuchOutputBlocksNobody) {
  start(scripted("--print-lines 50000"));
  expect_that_work_goes_on();
}

class LeftBehindContract : public PoolFixture, public testing::WithParamInterface<std::string> {};

TEST_P(LeftBehindContract, DiesWithTheWorker) {
  auto config = scripted_once(GetParam());
  config.grace_period = 50ms;
  start(config);
  const auto served = serve(attempt("hello", 300ms));
  ASSERT_FALSE(served.outcome);
  EXPECT_EQ(served.outcome.error().code(), ErrorCode::deadline_exceeded);
  expect_that_work_goes_on();
  stop();
  EXPECT_FALSE(has_children());
  EXPECT_EQ(processes_with(dir_), 0);
}

INSTANTIATE_TEST_SUITE_P(Habits, LeftBehindContract, testing::Values("--grandchild", "--stray"),
                         [](const auto& info) { return info.param.substr(2); });

TEST_F(PoolLife, StopLeavesNoProcessNoSocketAndNoDescriptor) {
  const int before = open_descriptors();
  auto config = scripted("--stream --sleep-ms 50");
  config.size = 3;
  start(config);
  asio::cancellation_signal never;
  const auto served = begin(attempt("cut off by the stop"), never);
  EXPECT_TRUE(until([&] { return !served->events.empty(); }));
  stop();
  EXPECT_TRUE(until([&] { return served->ended; }));
  ASSERT_NE(lost(*served), nullptr);
  EXPECT_EQ(lost(*served)->exited->signal, SIGTERM);
  EXPECT_FALSE(has_children());
  EXPECT_TRUE(std::filesystem::is_empty(dir_));
  EXPECT_LE(open_descriptors(), before + 3);  // The event loop's own: epoll, timer and wake-up descriptors.
}

TEST_F(PoolLife, APoolThatIsDestroyedWithoutAStopKillsWhatIsLeft) {
  auto config = scripted("--ignore-sigterm");
  config.size = 2;
  start(config);
  EXPECT_TRUE(until([&] { return pool_->status().ready == 2; }));
  pool_.reset();
  EXPECT_FALSE(has_children());
  pass(20ms);
}

TEST_F(PoolLife, WorkersDieWithTheSupervisor) {
  const pid_t supervisor = ::fork();
  if (supervisor == 0) {
    asio::io_context io;
    auto config = scripted("--ignore-sigterm");
    config.size = 2;
    Pool pool(io.get_executor(), config, [] {});
    pool.start();
    while (pool.status().ready < 2) io.run_one();
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(supervisor, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_TRUE(until([&] { return processes_with(dir_) == 0; }));
}

TEST_F(PoolLife, TwoHundredDispatchesUnderRandomKillsEndOnceEach) {
  constexpr int kDispatches = 200;
  const int before = open_descriptors();
  auto config = scripted("--stream --steps 2 --sleep-ms 1");
  config.size = 3;
  start(config);

  struct Tally {
    int begun = 0, answered = 0, lost = 0, other = 0, killed = 0, running = 0;
    std::mt19937 random{20};
  };
  auto tally = std::make_shared<Tally>();
  // Every third run loses its worker at some moment of it, or a little after.
  auto assassin = [tally](int pid) -> awaitable<void> {
    const auto moment = system_clock().steady() + std::chrono::microseconds(tally->random() % 6000);
    co_await sleep_until(moment);
    if (::kill(pid, SIGKILL) == 0) ++tally->killed;
  };
  auto client = [this, tally, assassin]() -> awaitable<void> {
    ++tally->running;
    while (tally->begun < kDispatches) {
      auto slot = pool_->acquire();
      if (!slot) {
        const auto soon = system_clock().steady() + 1ms;
        co_await sleep_until(soon);
        continue;
      }
      if (tally->begun++ % 3 == 0) {
        auto task = [assassin, pid = slot->worker_pid()]() -> awaitable<void> { co_await assassin(pid); };
        spawn(io_.get_executor(), "test.assassin", std::move(task));
      }
      EventSink sink = [](WorkerEvent) -> awaitable<Result<void>> { co_return Result<void>(); };
      auto tried = attempt("hello");
      auto outcome = co_await slot->dispatch(std::move(tried), std::move(sink));
      if (!outcome) {
        ++tally->other;
      } else if (std::holds_alternative<Answered>(*outcome)) {
        ++tally->answered;
      } else if (const auto* loss = std::get_if<Lost>(&*outcome)) {
        EXPECT_THAT(loss->reason, testing::HasSubstr("was killed by signal 9"));
        ++tally->lost;
      }
    }
    --tally->running;
  };
  for (int clients = 0; clients < 4; ++clients) spawn(io_.get_executor(), "test.client", client);

  EXPECT_TRUE(until([&] { return tally->begun >= kDispatches && tally->running == 0; }));
  tally->begun = std::max(tally->begun, kDispatches);
  ASSERT_TRUE(until([&] { return tally->running == 0; }));
  EXPECT_EQ(tally->answered + tally->lost, tally->begun);
  EXPECT_EQ(tally->other, 0);
  EXPECT_GT(tally->killed, 20);
  EXPECT_GT(tally->lost, 0);
  EXPECT_GT(tally->answered, 0);
  serve("work goes on");
  stop();
  EXPECT_FALSE(has_children());
  EXPECT_TRUE(std::filesystem::is_empty(dir_));
  EXPECT_LE(open_descriptors(), before + 3);
}

TEST_F(PoolLife, WhatWasPrintedBeforeARunDoesNotExplainItsLoss) {
  start(scripted("--print-lines 3 --die"));
  const auto served = serve("hello");
  ASSERT_NE(lost(served), nullptr);
  EXPECT_THAT(lost(served)->reason, testing::HasSubstr("was killed by signal 9"));
  EXPECT_THAT(lost(served)->reason, testing::Not(testing::HasSubstr("line 3 of 3")));
}

TEST_F(PoolLife, TheConfigurationIsCheckedBeforeTheFirstStart) {
  ASSERT_TRUE(check(scripted("")));
  auto nowhere = scripted("");
  nowhere.command = "uvicorn app:app";
  EXPECT_THAT(check(nowhere).error().message(), testing::HasSubstr("neither {socket} nor {port}"));
  auto missing = scripted("");
  missing.socket_dir = dir_ + "/missing";
  EXPECT_THAT(check(missing).error().message(), testing::HasSubstr("No such file"));
  auto open = scripted("");
  ::chmod(dir_.c_str(), 0755);
  EXPECT_THAT(check(open).error().message(), testing::HasSubstr("has mode 755"));
  ::chmod(dir_.c_str(), 0700);
  auto longer = scripted("");
  longer.socket_dir = dir_ + "/" + std::string(90, 'd');
  std::filesystem::create_directory(longer.socket_dir);
  std::filesystem::permissions(longer.socket_dir, std::filesystem::perms::owner_all);
  EXPECT_THAT(check(longer).error().message(), testing::HasSubstr("too long"));
}

TEST_F(PoolLife, AParkedWorkerEndsAndIsStartedAgainOnlyWhenAsked) {
  start(scripted(""));
  expect_that_work_goes_on();
  pool_->park(1);
  EXPECT_TRUE(until([&] { return pool_->status().workers[0].state == "parked"; }));
  EXPECT_EQ(pool_->status().workers[0].pid, 0);
  EXPECT_FALSE(pool_->idle());
  pass(100ms);
  EXPECT_EQ(starts(), 1);
  EXPECT_EQ(pool_->status().last_failure, "") << "it is no failure";
  pool_->unpark(1);
  EXPECT_TRUE(until([&] { return pool_->status().ready == 1; }));
  EXPECT_EQ(pool_->idle()->pid, pool_->status().workers[0].pid);
  expect_that_work_goes_on();
}

TEST_F(PoolLife, AParkedBusyWorkerAnswersItsRunFirst) {
  start(scripted("--sleep-ms 200"));
  EXPECT_TRUE(until([&] { return pool_->status().ready == 1; }));
  asio::cancellation_signal stop;
  const auto served = begin(attempt("hello"), stop);
  EXPECT_TRUE(until([&] { return !pool_->status().workers[0].run_id.empty(); }));
  pool_->park(1);
  EXPECT_TRUE(until([&] { return served->ended; }));
  EXPECT_TRUE(answered(*served));
  EXPECT_TRUE(until([&] { return pool_->status().workers[0].pid == 0; }));
  pool_->unpark(1);
  expect_that_work_goes_on();
}

TEST_F(PoolLife, UnparkedOnItsWayOutItIsFollowedByAnother) {
  start(scripted(""));
  expect_that_work_goes_on();
  pool_->park(1);
  pool_->unpark(1);
  EXPECT_TRUE(until([&] { return starts() == 2 && pool_->status().ready == 1; }));
  expect_that_work_goes_on();
}

TEST_F(PoolLife, ParkedWhileItStartsItIsNoFailure) {
  start(scripted("--start-ms 300"));
  pool_->park(1);
  EXPECT_TRUE(until([&] { return pool_->status().workers[0].pid == 0; }));
  EXPECT_EQ(pool_->status().last_failure, "");
  EXPECT_FALSE(pool_->status().crash_loop);
  pool_->unpark(1);
  expect_that_work_goes_on();
}

TEST_F(PoolLife, OnlyTheFirstWorkersAreStartedWhenSoAsked) {
  auto config = scripted("");
  config.size = 3;
  pool_ = std::make_unique<Pool>(io_.get_executor(), config, [] {});
  pool_->start(1);
  EXPECT_TRUE(until([&] { return pool_->status().ready == 1; }));
  EXPECT_EQ(pool_->status().workers[1].state, "parked");
  pool_->unpark(3);
  EXPECT_TRUE(until([&] { return pool_->status().ready == 2; }));
  EXPECT_EQ(pool_->status().workers[1].state, "parked");
  expect_that_work_goes_on();
}

TEST_F(PoolLife, ARecycledIdleWorkerIsReplacedAtOnce) {
  start(scripted(""));
  expect_that_work_goes_on();
  const auto old_pid = pool_->status().workers[0].pid;
  pool_->recycle(1, false);
  EXPECT_TRUE(until([&] { return starts() == 2 && pool_->status().ready == 1; }));
  EXPECT_NE(pool_->status().workers[0].pid, old_pid);
  EXPECT_EQ(pool_->status().last_failure, "") << "it is no failure";
  expect_that_work_goes_on();
}

TEST_F(PoolLife, ARecycledBusyWorkerAnswersItsRunFirst) {
  start(scripted("--sleep-ms 200"));
  EXPECT_TRUE(until([&] { return pool_->status().ready == 1; }));
  asio::cancellation_signal stop;
  const auto served = begin(attempt("hello"), stop);
  EXPECT_TRUE(until([&] { return !pool_->status().workers[0].run_id.empty(); }));
  pool_->recycle(1, false);
  EXPECT_TRUE(pool_->status().workers[0].retiring);
  EXPECT_TRUE(until([&] { return served->ended; }));
  EXPECT_TRUE(answered(*served));
  EXPECT_TRUE(until([&] { return starts() == 2 && pool_->status().ready == 1; }));
  expect_that_work_goes_on();
}

TEST_F(PoolLife, ASuccessorServesBeforeTheOldWorkerHasEnded) {
  start(scripted("--sleep-ms 1000"));
  EXPECT_TRUE(until([&] { return pool_->status().ready == 1; }));
  asio::cancellation_signal stop_first;
  asio::cancellation_signal stop_second;
  const auto first = begin(attempt("hello"), stop_first);
  EXPECT_TRUE(until([&] { return !pool_->status().workers[0].run_id.empty(); }));
  pool_->recycle(1, true);
  EXPECT_TRUE(until([&] { return pool_->status().workers[0].retiring; }));
  const auto second = begin(attempt("hello again"), stop_second);
  EXPECT_TRUE(until([&] { return !pool_->status().workers[0].successor_run_id.empty(); }));
  EXPECT_FALSE(first->ended);
  EXPECT_TRUE(until([&] { return first->ended && second->ended; }));
  EXPECT_TRUE(answered(*first));
  EXPECT_TRUE(answered(*second));
  EXPECT_TRUE(until([&] { return pool_->status().workers[0].successor_pid == 0 && pool_->status().ready == 1; }));
  EXPECT_EQ(starts(), 2u);
  expect_that_work_goes_on();
}

TEST_F(PoolLife, TheOldWorkerStaysWhenItsSuccessorDoesNotComeUp) {
  // The first process works; every later one ends at once.
  auto config = scripted("");
  config.command = "mkdir " + dir_ + "/first 2>/dev/null || exit 3; " + config.command;
  start(config);
  expect_that_work_goes_on();
  pool_->recycle(1, true);
  EXPECT_TRUE(until([&] { return starts() == 2 && pool_->status().workers[0].successor_pid == 0; }));
  EXPECT_FALSE(pool_->status().workers[0].retiring);
  EXPECT_EQ(pool_->status().ready, 1);
  expect_that_work_goes_on();
}

TEST_F(PoolLife, AnAttemptGivenUpForMemoryIsLostWithThatEvidence) {
  start(scripted("--sleep-ms 60000"));
  EXPECT_TRUE(until([&] { return pool_->status().ready == 1; }));
  asio::cancellation_signal stop;
  const auto served = begin(attempt("hello"), stop);
  EXPECT_TRUE(until([&] { return !pool_->status().workers[0].run_id.empty(); }));
  EXPECT_FALSE(pool_->give_up_run("another", {"{}", false}));
  EXPECT_TRUE(pool_->give_up_run(pool_->status().workers[0].run_id, {R"({"used_bytes":1})", true}));
  EXPECT_TRUE(until([&] { return served->ended; }));
  ASSERT_NE(lost(*served), nullptr);
  ASSERT_TRUE(lost(*served)->given_up);
  EXPECT_EQ(lost(*served)->given_up->evidence, R"({"used_bytes":1})");
  EXPECT_TRUE(lost(*served)->given_up->counts_as_crash);
  EXPECT_TRUE(until([&] { return starts() == 2 && pool_->status().ready == 1; }));
}

}  // namespace
}  // namespace holdfast::workers
