#include "governor/governor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>

#include "governor/saturating.hpp"
#include "tests/support/manual_clock.hpp"

namespace holdfast::governor {
namespace {

using namespace std::chrono_literals;
using memory::Level;

constexpr Bytes mb(std::uint64_t count) { return Bytes(count * kMegabyte.count()); }
constexpr std::string_view kRoute = "POST /analyze";
constexpr const char* kRunId = "00000000-0000-7000-8000-000000000001";

// A machine of 512 MB with a server of 10 MB and workers that hold what the test says.
class GovernorTest : public ::testing::Test {
 protected:
  void SetUp() override { read(); }

  void hold(int pid, Bytes held) { held_[pid] = held; }

  void see(int worker, int pid, WorkerPhase phase, Bytes held) {
    hold(pid, held);
    std::erase_if(workers_, [pid](const auto& known) { return known.pid == pid; });
    workers_.push_back(
        {.worker = worker, .pid = pid, .phase = phase, .leaving = false, .started_at = clock_.steady(), .held = held});
  }
  void gone(int pid) {
    held_.erase(pid);
    std::erase_if(workers_, [pid](const auto& known) { return known.pid == pid; });
  }
  void phase(int pid, WorkerPhase phase) {
    for (auto& worker : workers_) {
      if (worker.pid == pid) worker.phase = phase;
    }
  }

  void read() {
    auto used = mb(10);
    for (const auto& [pid, held] : held_) used = plus(used, held);
    view_.usage = memory::Usage{used, mb(512), source_, ""};
  }

  Governor::Tick look(std::size_t waiting) {
    read();
    for (auto& worker : workers_) worker.held = held_[worker.pid];
    return {.workers = workers_,
            .parked = parked_,
            .waiting = waiting,
            .level_change = std::nullopt,
            .relief_ended_at = std::nullopt};
  }
  Governor::Orders tick(std::size_t waiting = 0) {
    clock_.advance(100ms);
    return governor_.tick(look(waiting));
  }
  Governor::Orders reconsider(std::size_t waiting) { return governor_.reconsider(look(waiting)); }

  /// The route was measured often enough that its runs may go beside each other.
  void know(Bytes peak) { governor_.restore_peaks(std::vector<RoutePeaks>{{std::string(kRoute), {4, peak}}}); }

  static Governor::Ask ask(int worker, int pid) {
    return {.route = kRoute, .cut_short_at = {}, .given_up_before = 0, .worker = worker, .pid = pid};
  }

  std::shared_ptr<AttemptMemory> admitted(const Governor::Ask& asked) {
    auto verdict = governor_.admit(asked);
    auto* attempt = std::get_if<std::shared_ptr<AttemptMemory>>(&verdict);
    if (!attempt) return nullptr;
    governor_.begin(**attempt, kRunId);
    phase((*attempt)->pid, WorkerPhase::busy);
    return *attempt;
  }

  std::optional<WaitReason> refused(const Governor::Ask& asked) {
    const auto verdict = governor_.admit(asked);
    const auto* waiting = std::get_if<Waiting>(&verdict);
    return waiting ? std::optional(waiting->reason) : std::nullopt;
  }

  MemoryReceipt end(AttemptMemory& attempt, Bytes held, PeakKind kind = PeakKind::complete) {
    hold(attempt.pid, held);
    clock_.advance(30ms);
    phase(attempt.pid, WorkerPhase::idle);
    return governor_.end(attempt, kind);
  }

  testing::ManualClock clock_;
  memory::MemoryView view_;
  std::map<int, Bytes> held_;
  std::vector<WorkerSighting> workers_;
  std::vector<int> parked_;
  std::vector<std::string> notes_;
  memory::LimitSource source_ = memory::LimitSource::setting;
  memory::Overcount overcount_;
  Governor governor_{{},
                     clock_,
                     view_,
                     {.read_worker = [this](int pid) -> std::optional<Bytes> {
                        const auto found = held_.find(pid);
                        return found == held_.end() ? std::nullopt : std::optional(found->second);
                      },
                      .look = [this] { read(); },
                      .note = [this](std::string_view kind, std::string) { notes_.emplace_back(kind); },
                      .overcount = [this](int) { return std::optional(overcount_); }}};
};

TEST_F(GovernorTest, TheReceiptIsExactAlthoughOthersRun) {
  see(1, 11, WorkerPhase::idle, mb(20));
  see(2, 12, WorkerPhase::idle, mb(20));
  tick();
  know(mb(60));
  auto first = admitted(ask(1, 11));
  end(*first, mb(24));
  first.reset();
  tick();
  auto one = admitted(ask(1, 11));
  auto two = admitted(ask(2, 12));
  ASSERT_TRUE(one && two);
  hold(11, mb(60));
  hold(12, mb(90));
  tick();
  const auto receipt = end(*one, mb(31));
  EXPECT_EQ(receipt.before, mb(24));
  EXPECT_EQ(receipt.peak, mb(60));
  EXPECT_EQ(receipt.after, mb(31));
  EXPECT_EQ(receipt.retained, static_cast<std::int64_t>(mb(7).count()));
}

TEST_F(GovernorTest, RunsOfOneWorkerShareWhatItGrowsAndNothingIsCountedTwice) {
  see(1, 11, WorkerPhase::idle, mb(20));
  tick();
  know(mb(40));
  auto alone = admitted(ask(1, 11));
  ASSERT_TRUE(alone);
  EXPECT_FALSE(end(*alone, mb(20)).shared);
  alone.reset();

  auto one = admitted(ask(1, 11));
  auto two = admitted(ask(1, 11));
  ASSERT_TRUE(one && two);
  hold(11, mb(100));
  tick();
  EXPECT_EQ(one->grown_now(), mb(40));
  EXPECT_EQ(two->grown_now(), mb(40));
  const auto first = end(*one, mb(100));
  EXPECT_TRUE(first.shared);
  EXPECT_EQ(first.before, mb(20)) << "of the process, with all that it served";
  EXPECT_EQ(first.peak, mb(100));
  EXPECT_EQ(first.retained, static_cast<std::int64_t>(mb(40).count()));
  one.reset();

  phase(11, WorkerPhase::busy);
  hold(11, mb(130));
  tick();
  EXPECT_EQ(two->grown_now(), mb(70)) << "alone it is the only one who can have grown";
  const auto second = end(*two, mb(130));
  EXPECT_TRUE(second.shared);
  EXPECT_EQ(first.retained + second.retained, static_cast<std::int64_t>(mb(110).count()));
}

TEST_F(GovernorTest, AWorkerHasAFloorOnlyOnceTheLastOfItsRunsHasEnded) {
  see(1, 11, WorkerPhase::idle, mb(20));
  tick();
  know(mb(8));
  auto one = admitted(ask(1, 11));
  auto two = admitted(ask(1, 11));
  ASSERT_TRUE(one && two);
  end(*one, mb(300));
  one.reset();
  // Asked before the next tick whether another run may go there, too.
  EXPECT_FALSE(refused(ask(1, 11)) == WaitReason::unmeasured);
  phase(11, WorkerPhase::busy);
  clock_.advance(1s);
  EXPECT_TRUE(tick(1).replace.empty());
  ASSERT_EQ(governor_.status().workers.size(), 1U);
  EXPECT_EQ(governor_.status().workers[0].floor, mb(20));
  end(*two, mb(300));
  two.reset();
  clock_.advance(1s);
  tick();
  EXPECT_EQ(governor_.status().workers[0].floor, mb(300));
}

TEST_F(GovernorTest, ARouteNobodyHasMeasuredRunsAlone) {
  see(1, 11, WorkerPhase::idle, mb(20));
  see(2, 12, WorkerPhase::idle, mb(20));
  tick();
  auto first = admitted(ask(1, 11));
  ASSERT_TRUE(first);
  EXPECT_EQ(refused(ask(2, 12)), WaitReason::unmeasured);
  end(*first, mb(30));
  auto second = admitted(ask(2, 12));
  ASSERT_TRUE(second);
  EXPECT_EQ(refused(ask(1, 11)), WaitReason::unmeasured) << "one was measured, and one runs";
  end(*second, mb(30));
  first = admitted(ask(1, 11));
  EXPECT_TRUE(admitted(ask(2, 12)));
}

TEST_F(GovernorTest, TheHeadWaitsForWhatItsRouteNeeded) {
  see(1, 11, WorkerPhase::idle, mb(20));
  see(2, 12, WorkerPhase::idle, mb(20));
  tick();
  tick();
  know(mb(300));
  auto first = admitted(ask(1, 11));
  ASSERT_TRUE(first);
  EXPECT_EQ(refused(ask(2, 12)), WaitReason::memory);
  const auto waits = governor_.status().admission.head_waits;
  ASSERT_TRUE(waits);
  EXPECT_EQ(waits->needed, mb(375)) << "300 MB and a quarter";
  end(*first, mb(20));
  EXPECT_TRUE(admitted(ask(2, 12)));
  EXPECT_FALSE(governor_.status().admission.head_waits);
}

TEST_F(GovernorTest, AWorkerThatKeepsWhatItTookIsReplacedForTheRunThatWaits) {
  see(1, 11, WorkerPhase::idle, mb(20));
  tick();
  auto attempt = admitted(ask(1, 11));
  end(*attempt, mb(329));
  attempt.reset();
  // Before the next tick it is known already that the run does not fit, and that room can be made.
  EXPECT_EQ(refused(ask(1, 11)), WaitReason::memory);
  const auto orders = tick(1);
  ASSERT_EQ(orders.replace.size(), 1U);
  EXPECT_EQ(orders.replace[0].worker, 1);
  EXPECT_EQ(orders.replace[0].decision.reason, RecycleReason::room);
  EXPECT_EQ(orders.replace[0].decision.mode, RecycleMode::drain_first);
  ASSERT_TRUE(orders.relieve);

  gone(11);
  see(1, 21, WorkerPhase::idle, mb(20));
  tick(1);
  attempt = admitted(ask(1, 21));
  ASSERT_TRUE(attempt);
  EXPECT_EQ(attempt->receipt.before, mb(20));
  EXPECT_EQ(attempt->receipt.relief, mb(309)) << "what the replacement won";
}

// At 309 MB in 0.2 s a run, the rest of a tick would be a quarter of the time.
TEST_F(GovernorTest, ARunThatWaitsForRoomNeedNotWaitForTheNextTick) {
  see(1, 11, WorkerPhase::idle, mb(20));
  see(2, 12, WorkerPhase::idle, mb(20));
  tick();
  tick();
  end(*admitted(ask(1, 11)), mb(329));
  EXPECT_FALSE(governor_.waits_for_memory());
  ASSERT_EQ(refused(ask(1, 11)), WaitReason::memory);
  EXPECT_TRUE(governor_.waits_for_memory());

  const auto orders = reconsider(1);
  ASSERT_EQ(orders.replace.size(), 1U);
  EXPECT_EQ(orders.replace[0].worker, 1);

  gone(11);
  parked_ = {1};
  read();
  const auto attempt = admitted(ask(2, 12));
  ASSERT_TRUE(attempt);
  EXPECT_EQ(attempt->receipt.relief, Bytes()) << "what has gone is counted once it is seen to be";
  EXPECT_EQ(reconsider(1).start, std::vector{1}) << "the worker of the run after it, while this one runs";
}

TEST_F(GovernorTest, BetweenTicksNobodyIsGivenUp) {
  see(1, 11, WorkerPhase::idle, mb(20));
  tick();
  const auto attempt = admitted(ask(1, 11));
  hold(11, mb(490));
  const auto between = reconsider(0);
  EXPECT_FALSE(between.give_up);
  EXPECT_FALSE(between.relieve);
  EXPECT_TRUE(tick().give_up) << "the same at a tick";
}

// Asked one after the other, no run ever waits before the next one comes.
TEST_F(GovernorTest, ANewcomerJoinsTheQueueWhereAReplacementMakesItsRoom) {
  see(1, 11, WorkerPhase::idle, mb(20));
  tick();
  end(*admitted(ask(1, 11)), mb(329));
  const auto newcomer = governor_.admit_newcomer(ask(1, 11));
  const auto* waiting = std::get_if<Waiting>(&newcomer);
  ASSERT_TRUE(waiting) << "309 MB more would pass the limit";
  EXPECT_EQ(waiting->reason, WaitReason::memory);
}

// It served its first run before any tick saw it idle.
TEST_F(GovernorTest, GrowthIsCountedFromTheFreshWorker) {
  see(1, 11, WorkerPhase::starting, mb(5));
  tick();
  hold(11, mb(20));
  auto attempt = admitted(ask(1, 11));
  end(*attempt, mb(140));
  tick();
  EXPECT_EQ(governor_.status().fragmentation_findings, 1U) << "120 MB, and nothing says that they are live";
}

// Three a second would be replaced, and each be news.
TEST_F(GovernorTest, OneAfterTheOtherFragmentedWorkersAreToldOnceAMinute) {
  for (const int pid : {11, 12, 13}) {
    see(1, pid, WorkerPhase::idle, mb(20));
    tick();
    hold(pid, mb(140));
    tick();
    gone(pid);
  }
  EXPECT_EQ(governor_.status().fragmentation_findings, 3U);
  EXPECT_EQ(std::ranges::count(notes_, "fragmentation"), 1);
  clock_.advance(1min);
  see(1, 14, WorkerPhase::idle, mb(20));
  tick();
  hold(14, mb(140));
  tick();
  EXPECT_EQ(std::ranges::count(notes_, "fragmentation"), 2);
}

TEST_F(GovernorTest, AWorkerThatStartsDoesNotDelayTheOneThatMakesRoom) {
  see(1, 11, WorkerPhase::idle, mb(20));
  tick();
  auto attempt = admitted(ask(1, 11));
  end(*attempt, mb(329));
  attempt.reset();
  see(2, 12, WorkerPhase::starting, mb(5));
  EXPECT_EQ(refused(ask(1, 11)), WaitReason::memory);
  const auto orders = tick(1);
  ASSERT_EQ(orders.replace.size(), 1U);
  EXPECT_EQ(orders.replace[0].worker, 1);
}

TEST_F(GovernorTest, AnIdleWorkerThatNobodyNeedsGivesItsMemoryToTheRunThatWaits) {
  see(1, 11, WorkerPhase::idle, mb(20));
  see(2, 12, WorkerPhase::idle, mb(20));
  tick();
  auto attempt = admitted(ask(1, 11));
  hold(11, mb(320));
  tick();
  end(*attempt, mb(20));
  attempt.reset();
  hold(12, mb(200));
  tick();
  EXPECT_EQ(refused(ask(1, 11)), WaitReason::memory);
  const auto orders = tick(1);
  ASSERT_EQ(orders.replace.size(), 1U);
  EXPECT_EQ(orders.replace[0].worker, 2);
  EXPECT_EQ(orders.replace[0].decision.mode, RecycleMode::retire);
  gone(12);
  parked_ = {2};
  tick(1);
  attempt = admitted(ask(1, 11));
  ASSERT_TRUE(attempt);
  EXPECT_EQ(attempt->receipt.relief, mb(200));
}

TEST_F(GovernorTest, WhatARunTookBetweenTwoTicksIsNotGivenAwayWithItsPromise) {
  see(1, 11, WorkerPhase::idle, mb(20));
  see(2, 12, WorkerPhase::idle, mb(20));
  tick();
  auto attempt = admitted(ask(1, 11));
  end(*attempt, mb(320));
  EXPECT_EQ(view_.usage->used, mb(350)) << "it was looked again";
}

TEST_F(GovernorTest, TheReceiptOfARunThatLastedIsNotThatOfTheTickBeforeItsEnd) {
  see(1, 11, WorkerPhase::idle, mb(20));
  tick();
  auto attempt = admitted(ask(1, 11));
  hold(11, mb(40));
  tick();
  hold(11, mb(80));
  clock_.advance(10ms);
  EXPECT_EQ(governor_.end(*attempt, PeakKind::complete).retained, static_cast<std::int64_t>(mb(60).count()));
}

TEST_F(GovernorTest, WorkersAreStartedOnlyWhenTheirStartFits) {
  parked_ = {2, 3};
  see(1, 11, WorkerPhase::starting, mb(5));
  EXPECT_TRUE(tick().start.empty()) << "nobody knows yet what one needs";
  phase(11, WorkerPhase::idle);
  hold(11, mb(160));
  EXPECT_TRUE(tick().start.empty()) << "it may go on growing as it just did";
  EXPECT_EQ(tick().start, (std::vector<int>{2})) << "a second one fits, a third does not";
}

TEST_F(GovernorTest, AnAttemptThatNeverBeganLeavesItsWorkerIdle) {
  see(1, 11, WorkerPhase::idle, mb(20));
  tick();
  end(*admitted(ask(1, 11)), mb(329));
  tick();
  // Claimed for, and given back: in between the limit was raised for a moment.
  view_.usage->limit = mb(4096);
  auto newcomer = governor_.admit_newcomer(ask(1, 11));
  ASSERT_TRUE(std::holds_alternative<std::shared_ptr<AttemptMemory>>(newcomer));
  newcomer = Waiting{};
  view_.usage->limit = mb(512);
  EXPECT_EQ(refused(ask(1, 11)), WaitReason::memory) << "replacing it makes room: nobody starts in vain";
  EXPECT_EQ(governor_.status().admission.admitted, 1U);
}

TEST_F(GovernorTest, TheActionsOfTheLadderAreReportedBeforeTheFirstStep) {
  const std::array<std::string_view, 2> names{"one", "two"};
  governor_.set_relief_actions(names);
  ASSERT_EQ(governor_.status().relief.size(), 2U);
  WalkReport report;
  report.steps.push_back({.name = "two", .end = StepEnd::relieved, .given_back = mb(3)});
  governor_.relieved(report);
  EXPECT_EQ(governor_.status().relief[0].returned_bytes, 0U);
  EXPECT_EQ(governor_.status().relief[1].returned_bytes, mb(3).count());
}

TEST_F(GovernorTest, InObserveOnlyModeNothingWaitsAndEveryWorkerIsStarted) {
  GovernorConfig config;
  config.observe_only = true;
  Governor observer(config, clock_, view_,
                    {.read_worker = [](int) { return std::optional(mb(300)); }, .look = [] {}, .note = {}});
  const std::array<WorkerSighting, 2> workers{
      WorkerSighting{
          .worker = 1, .pid = 11, .phase = WorkerPhase::idle, .started_at = clock_.steady(), .held = mb(300)},
      WorkerSighting{
          .worker = 2, .pid = 12, .phase = WorkerPhase::idle, .started_at = clock_.steady(), .held = mb(300)}};
  const std::array<int, 1> parked{3};
  view_.usage->used = mb(610);
  const auto orders = observer.tick({.workers = workers,
                                     .parked = parked,
                                     .waiting = 5,
                                     .level_change = std::nullopt,
                                     .relief_ended_at = std::nullopt});
  EXPECT_EQ(orders.start, (std::vector<int>{3}));
  EXPECT_TRUE(orders.replace.empty());
  auto one = observer.admit(ask(1, 11));
  auto two = observer.admit(ask(2, 12));
  EXPECT_TRUE(std::holds_alternative<std::shared_ptr<AttemptMemory>>(one));
  EXPECT_TRUE(std::holds_alternative<std::shared_ptr<AttemptMemory>>(two));
}

TEST_F(GovernorTest, WithoutAnyWorkerOneIsStartedWhateverTheNumbersSay) {
  parked_ = {1, 2};
  hold(99, mb(600));
  EXPECT_EQ(tick(1).start, (std::vector<int>{1}));
}

TEST_F(GovernorTest, InAnEmergencyTheNewestRunIsGivenUpOnce) {
  see(1, 11, WorkerPhase::idle, mb(20));
  see(2, 12, WorkerPhase::idle, mb(20));
  tick();
  know(mb(8));
  auto first = admitted(ask(1, 11));
  auto second = admitted(ask(2, 12));
  ASSERT_TRUE(first && second);
  first->run = "00000000-0000-7000-8000-000000000002";
  hold(11, mb(230));
  hold(12, mb(245));
  view_.level = Level::emergency;
  auto orders = tick();
  ASSERT_TRUE(orders.give_up);
  EXPECT_EQ(orders.give_up->worker, 2);
  EXPECT_FALSE(tick().give_up) << "the first must be dead before another is given up";
}

// Two idle workers hold less than their stop is worth.
// The kernel takes it before it kills.
TEST_F(GovernorTest, ARunThatMustNotBeRepeatedIsSparedForOneThatMay) {
  see(1, 11, WorkerPhase::idle, mb(20));
  see(2, 12, WorkerPhase::idle, mb(20));
  tick();
  know(mb(8));
  auto first = admitted(ask(1, 11));
  auto second = admitted(ask(2, 12));
  ASSERT_TRUE(first && second);
  first->run = "00000000-0000-7000-8000-000000000002";
  second->retriable = false;
  hold(11, mb(230));
  hold(12, mb(245));
  view_.level = Level::emergency;
  const auto orders = tick();
  ASSERT_TRUE(orders.give_up);
  EXPECT_EQ(orders.give_up->worker, 1) << "though the other one is newer, and its worker holds more";
}

TEST_F(GovernorTest, WhatWasFreedLazilyCostsNobodyAnAttempt) {
  see(1, 11, WorkerPhase::idle, mb(20));
  tick();
  auto attempt = admitted(ask(1, 11));
  hold(11, mb(420));
  tick();
  hold(11, mb(497));
  overcount_.lazily_freed = mb(200);
  EXPECT_FALSE(tick().give_up);
  overcount_ = {};
  hold(11, mb(501));
  EXPECT_TRUE(tick().give_up);
}

TEST_F(GovernorTest, WhatForkedProcessesShareCostsNobodyAnAttempt) {
  see(1, 11, WorkerPhase::idle, mb(20));
  tick();
  auto attempt = admitted(ask(1, 11));
  hold(11, mb(420));
  tick();
  hold(11, mb(497));
  overcount_.shared = mb(200);
  EXPECT_FALSE(tick().give_up);
  source_ = memory::LimitSource::cgroup;
  hold(11, mb(501));
  EXPECT_TRUE(tick().give_up) << "a group counts a page once";
}

TEST_F(GovernorTest, NobodyWaitsForWorkersThatAreTooSmallToBeStopped) {
  see(1, 11, WorkerPhase::idle, mb(12));
  see(2, 12, WorkerPhase::idle, mb(12));
  tick();
  auto attempt = admitted(ask(1, 11));
  hold(11, mb(450));
  tick();
  end(*attempt, mb(12));
  attempt = admitted(ask(1, 11));
  ASSERT_TRUE(attempt) << "there is no more room to be made";
  EXPECT_TRUE(attempt->over_ceiling);
}

TEST_F(GovernorTest, ARunThatOnlySuchWorkersKeepFromTheWholeLimitHasOutgrownIt) {
  see(1, 11, WorkerPhase::idle, mb(12));
  see(2, 12, WorkerPhase::idle, mb(12));
  see(3, 13, WorkerPhase::idle, mb(12));
  tick();
  const auto attempt = admitted(ask(1, 11));
  hold(11, mb(442));
  tick();
  hold(11, mb(462));
  const auto orders = tick();
  ASSERT_TRUE(orders.give_up);
  EXPECT_EQ(orders.give_up->cause, PreemptionCause::exceeds_limit) << "with 450 MB, and 20 more at each tick";
}

TEST_F(GovernorTest, TheKernelsKillIsToldFromAnyOther) {
  memory::Snapshot snapshot{.at = clock_.steady(),
                            .usage = *view_.usage,
                            .tree = mb(10),
                            .own = memory::ProcessStatus(),
                            .workers = {},
                            .working_set = std::optional<Bytes>(),
                            .stall = std::optional<memory::Stall>(),
                            .oom_kills = std::optional<std::uint64_t>(7)};
  view_.last = snapshot;
  tick();
  EXPECT_EQ(governor_.kernel_killed(), false);
  view_.last->oom_kills = std::optional<std::uint64_t>(8);
  EXPECT_EQ(governor_.kernel_killed(), true);
  EXPECT_EQ(governor_.kernel_killed(), false) << "one kill explains one death";
  view_.last->oom_kills = std::optional<std::uint64_t>(9);
  tick();
  EXPECT_EQ(governor_.status().kernel_kills, 2U) << "counted also when no attempt was lost by it";
  clock_.advance(6s);
  EXPECT_EQ(governor_.kernel_killed(), false) << "an old kill explains no death of now";
  view_.last->oom_kills = std::optional<std::uint64_t>();
  EXPECT_EQ(governor_.kernel_killed(), std::nullopt);
}

TEST_F(GovernorTest, ALevelThatChangesIsNoted) {
  governor_.tick({.workers = {},
                  .parked = {},
                  .waiting = 0,
                  .level_change = memory::LevelChange{Level::normal, Level::warning, "use", mb(210), mb(512), {}},
                  .relief_ended_at = {}});
  EXPECT_THAT(notes_, ::testing::ElementsAre("level_changed"));
  EXPECT_EQ(governor_.status().level_changes[1], 1U);
}

}  // namespace
}  // namespace holdfast::governor
