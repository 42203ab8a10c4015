// worker.concurrency: several analyses in one process, and what becomes of them when it dies.
#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>
#include <vector>

#include "tests/e2e/workers/worker_server.hpp"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;

class ConcurrentWorker : public WorkerServer {
 protected:
  void start_gated(const std::string& flags = "") {
    start(scripted("--concurrent --gate " + directory_.path() + " --record " + record() + " " + flags),
          {{"worker.concurrency", "3"}, {"runs.max_concurrent", "3"}});
    // A run starts beside no more than were measured.
    for (int number = 0; number < kMeasured; ++number) {
      open_gate(id(9 - number));
      submit(id(9 - number), "to be measured");
      EXPECT_EQ(status_at_end(id(9 - number)), "completed");
    }
  }
  static constexpr int kMeasured = 3;
  static std::string id(int number) { return "00000000-0000-7000-8000-00000000000" + std::to_string(number); }
  std::string record() const { return directory_ / "record"; }
  void open_gate(const std::string& run_id) const { std::ofstream(directory_ / run_id) << ""; }

  struct Served {
    std::string run;
    int attempt = 0;
    int pid = 0;
  };
  std::vector<Served> served() const {
    std::vector<Served> all;
    std::ifstream file(record());
    for (Served one; file >> one.run >> one.attempt >> one.pid;) all.push_back(one);
    return all;
  }
  std::vector<Served> when_served(std::size_t count) const {
    for (int tries = 0; tries < 1500 && served().size() < count; ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return served();
  }
};

TEST_F(ConcurrentWorker, ServesSeveralAnalysesAtOnceAndTheirReceiptsSaySo) {
  start_gated();
  for (int run = 1; run <= 3; ++run) submit(id(run), "question " + std::to_string(run));
  const auto all = when_served(kMeasured + 3);
  ASSERT_EQ(all.size(), kMeasured + 3U) << server_->log();
  EXPECT_EQ(all[kMeasured].pid, all[kMeasured + 1].pid);
  EXPECT_EQ(all[kMeasured + 1].pid, all[kMeasured + 2].pid);
  for (int run = 1; run <= 3; ++run) open_gate(id(run));
  for (int run = 1; run <= 3; ++run) {
    const auto ended = run_at_end(id(run));
    EXPECT_EQ(find_string(ended, "status"), "completed");
    EXPECT_EQ(ended.at("usage").at("memory").at("shared"), true) << json::serialize(ended);
  }
  EXPECT_FALSE(run_at_end(id(9)).at("usage").at("memory").as_object().contains("shared"));
}

TEST_F(ConcurrentWorker, WhenItDiesItsAnalysesAreTriedAgainAloneAndNoneIsCharged) {
  start_gated();
  for (int run = 1; run <= 3; ++run) submit(id(run), "question " + std::to_string(run));
  const auto before = when_served(kMeasured + 3);
  ASSERT_EQ(before.size(), kMeasured + 3U) << server_->log();
  ::kill(before.back().pid, SIGKILL);
  // Each is the only one of its process, so the second waits for the first.
  for (int run = 1; run <= 3; ++run) {
    const auto expected = static_cast<std::size_t>(kMeasured + 3 + run);
    const auto again = when_served(expected);
    ASSERT_EQ(again.size(), expected) << server_->log();
    EXPECT_EQ(again.back().attempt, 2);
    open_gate(again.back().run);
  }
  for (int run = 1; run <= 3; ++run) {
    const auto ended = run_at_end(id(run));
    EXPECT_EQ(find_string(ended, "status"), "completed");
    EXPECT_EQ(ended.at("attempt"), 2);
    EXPECT_THAT(http_get(server_->port(), "/v1/runs/" + id(run) + "/timeline").body,
                HasSubstr("it served other runs too"));
  }
}

TEST_F(ConcurrentWorker, OneThatKillsItsWorkerIsSealedAndTakesNobodyWithIt) {
  start_gated();
  // The poison: it asks for what the gate never lets through, and its worker is killed each time.
  submit(id(1), "innocent");
  submit(id(2), "poison");
  std::size_t known = kMeasured + 2;
  for (std::size_t kills = 0; kills < 20; ++kills) {
    const auto all = when_served(known);
    if (all.size() < known) break;
    known = all.size();
    const auto poisoned = [&](const Served& one) { return one.run == id(2); };
    const auto last_poison = std::find_if(all.rbegin(), all.rend(), poisoned);
    ASSERT_NE(last_poison, all.rend());
    // The innocent one's second attempt is let through; the poison's worker dies.
    if (all.back().run == id(1) && all.back().attempt > 1) {
      open_gate(id(1));
    } else {
      ::kill(last_poison->pid, SIGKILL);
    }
    const auto poison = run_when(id(2), [](const json::object&) { return true; });
    if (find_string(poison, "status") == "failed") break;
    ++known;
  }
  EXPECT_EQ(status_at_end(id(2)), "failed") << server_->log();
  const auto innocent = run_at_end(id(1));
  EXPECT_EQ(find_string(innocent, "status"), "completed") << json::serialize(innocent);
  EXPECT_EQ(innocent.at("attempt"), 2);
  open_gate(id(3));
  submit(id(3), "after all that");
  EXPECT_EQ(status_at_end(id(3)), "completed");
}

}  // namespace
}  // namespace holdfast::testing
