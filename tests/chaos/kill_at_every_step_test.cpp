// Kills the server at every hook point and the worker at every step, many times, and looks at what is left.
#include <gtest/gtest.h>

#include <csignal>
#include <random>
#include <thread>

#include "tests/chaos/witness.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

constexpr int kKillsPerHook = 16;
constexpr int kWorkerKills = 100;
// Each round starts this many runs; every run passes each hook point at least once.
constexpr int kRunsPerRound = 4;

std::string worker(const std::string& flags) { return program("scripted_worker") + " --socket {socket} " + flags; }

class KillAtEveryStep : public ::testing::TestWithParam<const char*> {
 protected:
  ServerOptions options() const {
    return {.data_dir = directory_ / "data",
            .worker = worker("--stream --steps 2 --sleep-ms 5"),
            .port = 0,
            .arguments = {"--set", "worker.grace_period=500ms", "--set", "runs.max_attempts=1000"},
            .environment = {}};
  }
  TemporaryDirectory directory_;
  Witness witness_;
};

TEST_P(KillAtEveryStep, EveryAcceptedRunEndsWithExactlyOneAnswer) {
  int kills = 0;
  for (int round = 1; kills < kKillsPerHook; ++round) {
    ASSERT_LE(round, 3 * kKillsPerHook) << "the hook point is hardly ever passed";
    auto armed = options();
    armed.environment["HOLDFAST_HOOK"] = std::string(GetParam()) + ":" + std::to_string(1 + round % 5);
    ServerProcess server(armed);
    if (server.wait_until_listening()) {
      witness_.turn_to(server.port());
      witness_.submit_unconfirmed();
      for (int i = 0; i < kRunsPerRound; ++i) witness_.submit();
      // Either it dies at the hook point, or everything ends before that.
      for (int waited = 0; server.is_running() && waited < 200; ++waited) std::this_thread::sleep_for(5ms);
    }
    const auto status = server.is_running() ? std::nullopt : server.wait();
    if (status && WIFSIGNALED(*status) && WTERMSIG(*status) == SIGKILL) ++kills;
  }
  // The last word: a server without faults takes everything up, and new work goes on.
  ServerProcess server(options());
  ASSERT_TRUE(server.wait_until_listening()) << server.log();
  witness_.turn_to(server.port());
  witness_.submit_unconfirmed();
  witness_.submit();
  ASSERT_EQ(witness_.confirmed(), witness_.size());
  witness_.wait_for_all();
  witness_.judge();
  RecordProperty("server_kills", kills);
  RecordProperty("runs", witness_.size());
}

INSTANTIATE_TEST_SUITE_P(HookPoints, KillAtEveryStep,
                         ::testing::Values("journal.before_commit", "journal.after_commit", "runs.after_accepted",
                                           "runs.after_started", "runs.after_progress", "runs.before_finished",
                                           "runs.after_finished"),
                         [](const auto& hook) {
                           std::string name(hook.param);
                           name[name.find('.')] = '_';
                           return name;
                         });

TEST(KillWorkers, AtAnyMomentAndEveryRunStillEndsWithExactlyOneAnswer) {
  const auto seed = std::random_device{}();
  std::mt19937 random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  TemporaryDirectory directory;
  // Crashes are the test's doing, not the runs': the limit on them is for runs that kill their worker every time.
  ServerProcess server({.data_dir = directory / "data",
                        .worker = worker("--stream --steps 5 --sleep-ms 10"),
                        .port = 0,
                        .arguments = {"--set", "runs.max_crashes=50", "--set", "runs.max_attempts=100", "--set",
                                      "worker.grace_period=500ms"},
                        .environment = {}});
  ASSERT_TRUE(server.wait_until_listening()) << server.log();
  Witness witness;
  witness.turn_to(server.port());
  int kills = 0;
  const auto deadline = std::chrono::steady_clock::now() + 700s;
  while (kills < kWorkerKills) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    // Enough to keep the workers busy, far from filling the queue.
    if (witness.size() < kills + 20) witness.submit();
    std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution(0, 60)(random)));
    const auto pids = witness.busy_workers();
    if (pids.empty()) continue;
    // Workers are children of the server, and a pid in the journal may be of a worker that is gone: kill() then fails.
    if (::kill(pids.back(), SIGKILL) == 0) ++kills;
  }
  ASSERT_EQ(witness.confirmed(), witness.size());
  witness.wait_for_all();
  witness.judge();
  RecordProperty("worker_kills", kills);
  RecordProperty("runs", witness.size());
}

}  // namespace
}  // namespace holdfast::testing
