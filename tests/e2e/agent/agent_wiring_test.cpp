#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "base/json.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {
namespace {

constexpr std::int64_t kMegabyte = 1024 * 1024;
constexpr std::int64_t kGarbage = 40 * kMegabyte;  // Of the 60 MB that a run leaves.

class AgentWiring : public ::testing::Test {
 protected:
  void start(const std::string& agent, const std::string& shell_around = "exec ") {
    options_.data_dir = directory_ / "data";
    options_.worker = shell_around + "/usr/bin/python3 " HOLDFAST_CYCLIC_WORKER " {socket}";
    options_.environment = {
        {"MAX_CONCURRENT_ANALYSES", "1"}, {"MEMORY_LIMIT", "4GB"}, {"HOLDFAST_WORKER_AGENT", agent}};
    server_.emplace(options_);
    ASSERT_TRUE(server_->wait_until_listening()) << server_->log();
  }

  json::object run() {
    const auto reply = http_post(server_->port(), "/analyze", R"({"prompt":"x","thread_id":"t"})");
    EXPECT_EQ(reply.status, 200) << reply.body;
    return parse_json_object(reply.body).value_or(json::object());
  }

  json::object worker() {
    const auto body = parse_json_object(http_get(server_->port(), "/health/memory").body);
    const auto& workers = body->at("workers").as_array();
    return workers.empty() ? json::object() : workers.at(0).as_object();
  }

  // Figures are a tenth of a second old, those of the runtime a second.
  json::object worker_when(const std::function<bool(const json::object&)>& fits) {
    json::object seen;
    for (int i = 0; i < 1000; ++i) {
      seen = worker();
      if (!seen.empty() && fits(seen)) return seen;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << json::serialize(seen);
    return seen;
  }

  json::object relieve() {
    const auto reply = http_post(server_->port(), "/admin/relieve", "");
    EXPECT_EQ(reply.status, 200) << reply.body;
    const auto body = parse_json_object(reply.body);
    for (const auto& step : body->at("steps").as_array()) {
      if (step.at("action") == "trim_workers") return step.as_object();
    }
    return {};
  }

  static std::int64_t number(const json::object& from, std::string_view key) {
    const auto* value = from.if_contains(key);
    return value != nullptr && value->is_int64() ? value->get_int64() : -1;
  }

  TemporaryDirectory directory_;
  ServerOptions options_;
  std::optional<ServerProcess> server_;
};

TEST_F(AgentWiring, TheHeapOfAnUnchangedWorkerIsTold) {
  start("on");
  run();
  const auto seen = worker_when([](const auto& worker) { return number(worker, "live_bytes") > kGarbage; });
  EXPECT_TRUE(std::string_view(seen.at("runtime").as_string()).starts_with("cpython 3.")) << seen;
  EXPECT_EQ(seen.at("allocator"), "glibc");
  const auto resident = number(seen, "resident_bytes") + number(seen, "file_bytes");
  const auto told = number(seen, "live_bytes") + number(seen, "allocator_held_bytes") +
                    number(seen, "runtime_held_bytes") + number(seen, "outside_bytes");
  EXPECT_NEAR(static_cast<double>(told), static_cast<double>(resident), 8.0 * kMegabyte) << seen;
}

TEST_F(AgentWiring, ReliefCollectsInAnIdleWorkerAndTheWorkerGoesOn) {
  start("on");
  const auto first = run();
  const auto before = worker_when([](const auto& worker) { return number(worker, "resident_bytes") > kGarbage; });
  const auto step = relieve();
  EXPECT_EQ(step.at("end"), "relieved") << step;
  const auto after = worker_when([](const auto& worker) { return number(worker, "resident_bytes") < kGarbage; });
  EXPECT_EQ(number(after, "pid"), number(before, "pid"));
  EXPECT_GT(number(before, "resident_bytes") - number(after, "resident_bytes"), kGarbage);
  EXPECT_EQ(run().at("pid"), first.at("pid"));
}

TEST_F(AgentWiring, AShellThatStaysInFrontOfTheWorkerIsNoMatter) {
  start("on", "true; ");
  run();
  EXPECT_EQ(relieve().at("end"), "relieved");
  worker_when([](const auto& worker) { return number(worker, "live_bytes") > 0; });
}

TEST_F(AgentWiring, SwitchedOffNothingIsPreloaded) {
  start("off");
  run();
  const auto seen = worker_when([](const auto& worker) { return number(worker, "resident_bytes") > kGarbage; });
  for (const auto* key : {"live_bytes", "allocator_held_bytes", "runtime_held_bytes", "outside_bytes", "runtime"}) {
    EXPECT_TRUE(seen.at(key).is_null()) << key;
  }
  EXPECT_EQ(relieve().at("end"), "nothing_to_do");
}

TEST_F(AgentWiring, ThresholdsOfTheCollectorAreSet) {
  start("on");
  run();
  worker_when([](const auto& worker) { return number(worker, "live_bytes") > 0; });
  EXPECT_EQ(json::serialize(run().at("thresholds")), "[500,8,8]");
}

}  // namespace
}  // namespace holdfast::testing
