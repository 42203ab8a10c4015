// Three instances on one PostgreSQL, clients that ask any of them, and somebody who kills, freezes and restarts
// instances, workers and the database from a printed seed. A history of what clients saw decides.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

#include "base/json.hpp"
#include "base/run_id.hpp"
#include "tests/chaos/history.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/postgres_cluster.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

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

/// One of the servers. It is started again on the same data directory and port after each death.
class Instance {
 public:
  Instance(std::string data_dir, std::string database) {
    options_ = {.data_dir = std::move(data_dir),
                .worker = program("scripted_worker") + " --socket {socket} --stream --steps 2 --sleep-ms 5",
                .port = 0,
                .arguments = {"--database", std::move(database), "--set", "database.lease=2s", "--set",
                              "worker.grace_period=500ms", "--set", "runs.max_attempts=1000", "--set",
                              "runs.max_crashes=1000", "--set", "runs.max_concurrent=2"},
                .environment = {}};
  }

  bool start() {
    server_ = std::make_unique<ServerProcess>(options_);
    if (!server_->wait_until_listening()) return false;
    options_.port = server_->port();
    return true;
  }
  void kill() { server_->kill(); }
  void freeze() const { server_->send_signal(SIGSTOP); }
  void thaw() const { server_->send_signal(SIGCONT); }
  [[nodiscard]] std::uint16_t port() const { return options_.port; }
  [[nodiscard]] std::string log() const { return server_->log(); }

 private:
  ServerOptions options_;
  std::unique_ptr<ServerProcess> server_;
};

std::optional<json::object> object_of(const HttpReply& reply) {
  if (reply.status < 200 || reply.status > 299) return std::nullopt;
  auto parsed = parse_json_object(reply.body);
  if (!parsed) return std::nullopt;
  return std::move(*parsed);
}

std::string answer_of(const json::object& run) {
  if (const auto* result = find_object(run, "result")) return std::string(find_string(*result, "result").value_or(""));
  if (const auto* error = find_object(run, "error")) return std::string(find_string(*error, "code").value_or(""));
  return {};
}

class ManyInstances : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(cluster_.start());
    const auto database = cluster_.create_database();
    for (int i = 0; i < kInstances; ++i) {
      instances_.push_back(std::make_unique<Instance>(directory_ / ("data" + std::to_string(i)), database));
      ASSERT_TRUE(instances_.back()->start()) << instances_.back()->log();
    }
  }

  HttpReply ask(int instance, const std::string& target) {
    HttpClient client(instances_.at(static_cast<std::size_t>(instance))->port(), 3s);
    return client.ask("GET", target).value_or(HttpReply{});
  }

  // One look at the run; empty when the instance said nothing of use.
  std::string look(int instance, const RunId& id) {
    const auto run = object_of(ask(instance, "/v1/runs/" + id.text()));
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
      const auto body = R"({"prompt":"q )" + id.text() + R"(","run_id":")" + id.text() + R"("})";
      for (;;) {
        HttpClient client(instances_.at(static_cast<std::size_t>(any()))->port(), 3s);
        const auto reply = client.ask("POST", "/v1/threads/chaos/runs", body, {{"Prefer", "respond-async"}});
        if (reply && (reply->status == 202 || reply->status == 200)) break;
        if (given_up_) return;
        std::this_thread::sleep_for(10ms);
      }
      history_.confirmed(id.text(), "q " + id.text());
      if (std::uniform_int_distribution(0, 19)(random) == 0) {
        history_.cancel_tried(id.text());
        HttpClient client(instances_.at(static_cast<std::size_t>(any()))->port(), 3s);
        (void)client.ask("POST", "/v1/runs/" + id.text() + "/cancel");
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
      auto& instance = *instances_.at(static_cast<std::size_t>(pick(kInstances - 1)));
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
          EXPECT_TRUE(cluster_.restart_immediately());
          ++database_restarts_;
          break;
        default: kill_a_worker(pick(kInstances - 1)); break;
      }
    }
  }

  void kill_a_worker(int instance) {
    const auto health = object_of(ask(instance, "/health"));
    const auto* workers = health ? find_object(*health, "workers") : nullptr;
    if (workers == nullptr) return;
    for (const auto& process : workers->at("processes").as_array()) {
      const auto pid = find_int(process.as_object(), "pid").value_or(0);
      if (pid > 0 && find_string(process.as_object(), "state") == "busy") {
        if (::kill(static_cast<int>(pid), SIGKILL) == 0) ++worker_kills_;
        return;
      }
    }
  }

  void judge_timeline(int instance, const std::string& id) {
    const auto timeline = object_of(ask(instance, "/v1/runs/" + id + "/timeline"));
    ASSERT_TRUE(timeline) << id;
    std::int64_t seq = 0;
    int ends = 0;
    for (const auto& item : timeline->at("entries").as_array()) {
      EXPECT_EQ(find_int(item.as_object(), "seq"), ++seq) << id << ": entries are numbered without a gap";
      if (is_terminal_name(find_string(item.as_object(), "kind").value_or(""))) ++ends;
    }
    EXPECT_EQ(ends, 1) << id << ": exactly one end";
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
  total_ = number_from("HOLDFAST_CHAOS_RUNS", 1000);
  left_ = total_;

  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([this, seed, i] { be_a_client(seed + 1 + static_cast<unsigned>(i)); });
  }
  std::thread guard([this] {
    const auto deadline = steady_clock::now() + 10min;
    while (finished_ < total_ && steady_clock::now() < deadline) std::this_thread::sleep_for(100ms);
    given_up_ = true;
  });
  be_the_trouble(seed);
  for (auto& client : clients) client.join();
  guard.join();
  EXPECT_EQ(finished_, total_) << "some runs did not end in ten minutes";

  // The last word: every instance is up, work goes on, and all of them say the same of every run.
  for (const auto& run : history_.runs()) {
    const auto id = RunId::parse(run).value();
    for (int instance = 0; instance < kInstances; ++instance) {
      const auto deadline = steady_clock::now() + 60s;
      while (!is_terminal_name(look(instance, id)) && steady_clock::now() < deadline) std::this_thread::sleep_for(20ms);
    }
    judge_timeline(0, run);
  }
  EXPECT_THAT(history_.check(), ::testing::IsEmpty());
  std::fprintf(stderr,
               "%d runs, %zu observations; killed: %d instances, %d workers; frozen: %d instances; restarted: %d times "
               "the database\n",
               total_, history_.observations(), kills_, worker_kills_, freezes_, database_restarts_);
}

}  // namespace
}  // namespace holdfast::testing
