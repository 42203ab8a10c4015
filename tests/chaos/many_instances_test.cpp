// Three instances on one PostgreSQL, clients that ask any of them, and somebody who kills, freezes and restarts
// instances, workers and the database from a printed seed. A history of what clients saw decides.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

#include "tests/chaos/history.hpp"
#include "tests/chaos/instances.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr int kInstances = 3;
constexpr int kClients = 8;

int number_from(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::atoi(text);
}

class ManyInstances : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto database = cluster_.url(cluster_.create_database());
    for (int i = 0; i < kInstances; ++i) {
      instances_.push_back(
          std::make_unique<Instance>(directory_ / ("data" + std::to_string(i)), database, "--steps 2 --sleep-ms 5"));
      ASSERT_TRUE(instances_.back()->start()) << instances_.back()->log();
    }
  }

  Instance& at(int instance) { return *instances_.at(static_cast<std::size_t>(instance)); }

  // One look at the run; empty when the instance said nothing of use.
  std::string look(int instance, const RunId& id) {
    const auto run = at(instance).get("/v1/runs/" + id.text());
    if (!run) return {};
    const std::string status(find_string(*run, "status").value_or(""));
    history_.observed({id.text(), instance, status, is_terminal_name(status) ? answer_of(*run) : std::string()});
    return status;
  }

  // A client with patience: one run after another, sent to any instance until one takes it, then followed at any.
  void be_a_client(unsigned seed) {
    std::mt19937 random(seed);
    const auto any = [&random] { return std::uniform_int_distribution(0, kInstances - 1)(random); };
    while (left_.fetch_sub(1) > 0) {
      const auto id = RunId::make();
      for (;;) {
        const auto reply = at(any()).submit(id, "q " + id.text());
        if (reply.status == 202 || reply.status == 200) break;
        if (given_up_) return;
        std::this_thread::sleep_for(10ms);
      }
      history_.confirmed(id.text(), "q " + id.text());
      if (std::uniform_int_distribution(0, 19)(random) == 0) {
        history_.cancel_tried(id.text());
        (void)at(any()).post("/v1/runs/" + id.text() + "/cancel", "");
      }
      while (!is_terminal_name(look(any(), id)) && !given_up_) std::this_thread::sleep_for(10ms);
      ++finished_;
    }
  }

  // What goes wrong, one after the other, until the clients are done.
  void be_the_trouble(unsigned seed) {
    std::mt19937 random(seed);
    const auto pick = [&random](int most) { return std::uniform_int_distribution(0, most)(random); };
    while (finished_ < total_ && !given_up_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(200 + pick(800)));
      auto& instance = at(pick(kInstances - 1));
      switch (pick(9)) {
        case 0:
        case 1:
        case 2:
          instance.kill();
          std::this_thread::sleep_for(std::chrono::milliseconds(pick(500)));
          EXPECT_TRUE(instance.start()) << instance.log();
          ++kills_;
          break;
        case 3:
        case 4:
          instance.freeze();
          std::this_thread::sleep_for(std::chrono::milliseconds(500 + pick(3000)));
          instance.thaw();
          ++freezes_;
          break;
        case 5:
          cluster_.stop_immediately();
          cluster_.start();
          ++database_restarts_;
          break;
        default: kill_a_worker(pick(kInstances - 1)); break;
      }
    }
  }

  void kill_a_worker(int instance) {
    const auto busy = at(instance).workers("busy");
    if (!busy.empty() && ::kill(busy.front(), SIGKILL) == 0) ++worker_kills_;
  }

  TemporaryDirectory directory_;
  PostgresCluster cluster_;
  std::vector<std::unique_ptr<Instance>> instances_;
  History history_;
  int total_ = 0;
  std::atomic<int> left_{0};
  std::atomic<int> finished_{0};
  std::atomic<bool> given_up_{false};
  int kills_ = 0;
  int freezes_ = 0;
  int database_restarts_ = 0;
  int worker_kills_ = 0;
};

TEST_F(ManyInstances, NothingIsLostAndNothingEndsTwiceWhateverDies) {
  const auto seed = static_cast<unsigned>(number_from("HOLDFAST_CHAOS_SEED", static_cast<int>(std::random_device{}())));
  std::fprintf(stderr, "HOLDFAST_CHAOS_SEED=%u\n", seed);
  SCOPED_TRACE("HOLDFAST_CHAOS_SEED=" + std::to_string(seed));
  total_ = number_from("HOLDFAST_CHAOS_RUNS", 100);
  left_ = total_;

  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([this, seed, i] { be_a_client(seed + 1 + static_cast<unsigned>(i)); });
  }
  std::thread guard([this] {
    const auto deadline = steady_clock::now() + 20min;
    while (finished_ < total_ && steady_clock::now() < deadline) std::this_thread::sleep_for(100ms);
    given_up_ = true;
  });
  be_the_trouble(seed);
  for (auto& client : clients) client.join();
  guard.join();
  EXPECT_EQ(finished_, total_) << "some runs did not end in twenty minutes";

  // The last word: every instance is up, work goes on, and all of them say the same of every run.
  for (const auto& run : history_.runs()) {
    const auto id = RunId::parse(run).value();
    for (int instance = 0; instance < kInstances; ++instance) {
      const auto deadline = steady_clock::now() + 60s;
      while (!is_terminal_name(look(instance, id)) && steady_clock::now() < deadline) std::this_thread::sleep_for(20ms);
    }
    const auto timeline = at(0).get("/v1/runs/" + run + "/timeline");
    ASSERT_TRUE(timeline) << run;
    expect_one_end(*timeline);
  }
  EXPECT_THAT(history_.check(), ::testing::IsEmpty());
  std::fprintf(stderr,
               "%d runs, %zu observations; killed: %d instances, %d workers; frozen: %d instances; restarted: %d times "
               "the database\n",
               total_, history_.observations(), kills_, worker_kills_, freezes_, database_restarts_);
}

}  // namespace
}  // namespace holdfast::testing
