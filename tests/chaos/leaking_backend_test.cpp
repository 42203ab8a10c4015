// A Python backend that keeps 309 MB of each analysis, under a limit of 512 MB: everything is answered, and the limit
// is never passed. An eye outside the server kills like the kernel would.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/json.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/tree_watch.hpp"

namespace holdfast::testing {
namespace {

constexpr std::uint64_t kLimit = 512ULL << 20U;
constexpr int kAnalyses = 50;
constexpr int kAtOnce = 3;

class LeakingBackend : public ::testing::Test {
 protected:
  LeakingBackend() {
    options_.data_dir = directory_ / "data";
    options_.worker = std::string("exec python3 " HOLDFAST_SOURCE_DIR "/tests/support/leaky_worker/leaky_worker.py") +
                      " --socket {socket}";
    options_.environment = {{"MEMORY_LIMIT", std::to_string(kLimit)}};
  }

  static std::string question(int number, const std::string& habits = "") {
    return fmt::format(R"({{"prompt":"question {}","thread_id":"t"{}}})", number, habits);
  }

  TemporaryDirectory directory_;
  ServerOptions options_;
};

TEST_F(LeakingBackend, EveryAnalysisIsAnsweredAndTheLimitIsNeverPassed) {
  ServerProcess server(options_);
  ASSERT_TRUE(server.wait_until_listening()) << server.log();
  const TreeWatch watch({.root = server.pid(), .limit = kLimit, .root_is_alone = true, .kills = true});

  std::atomic<int> next = 0;
  std::atomic<int> right = 0;
  std::atomic<bool> over = false;
  std::string waiting;
  std::jthread looker([&] {
    while (!over && waiting.find(R"("reason":"memory")") == std::string::npos) {
      waiting = http_get(server.port(), "/v1/runs?status=queued").body;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  });
  std::vector<std::jthread> clients;
  for (int client = 0; client < kAtOnce; ++client) {
    clients.emplace_back([&] {
      for (int number = next++; number < kAnalyses; number = next++) {
        const auto reply = http_post(server.port(), "/analyze", question(number));
        const auto body = parse_json_object(reply.body);
        if (!body || find_string(*body, "result") != fmt::format("question {}", number)) {
          ADD_FAILURE() << number << ": " << reply.status << " " << reply.body;
          continue;
        }
        ++right;
      }
    });
  }
  clients.clear();
  over = true;
  looker.join();
  EXPECT_NE(waiting.find(R"("reason":"memory")"), std::string::npos) << waiting;
  EXPECT_NE(waiting.find(R"("needed_bytes":)"), std::string::npos) << waiting;
  const auto seen = watch.seen();
  EXPECT_EQ(right, kAnalyses);
  EXPECT_EQ(seen.kills, 0U) << "the kernel would have killed; the most was " << seen.peak;
  EXPECT_EQ(seen.over_limit, 0U) << "of " << seen.looks << " looks";
  EXPECT_GT(seen.peak, 309ULL << 20U) << "the backend did not leak at all";

  // Work goes on.
  const auto small = http_post(server.port(), "/analyze", question(kAnalyses, R"(,"leaky":{"retain_mb":1})"));
  EXPECT_EQ(small.status, 200) << small.body;
  const auto run = http_get(server.port(), "/v1/runs/" + small.header("Holdfast-Run-Id"));
  EXPECT_NE(run.body.find(R"("retained_bytes":)"), std::string::npos) << run.body;
  EXPECT_NE(server.log().find("SUSPICIOUS MEMORY GROWTH"), std::string::npos);
  EXPECT_NE(server.log().find("MEMORY LEAK PREVENTION"), std::string::npos);

  // Which code holds what is left behind is known of one of them.
  const auto log = server.log();
  constexpr std::string_view kProfiled = "memory.heap_profile run=";
  const auto at = log.find(kProfiled);
  ASSERT_NE(at, std::string::npos);
  const auto profile = http_get(server.port(), "/v1/runs/" + log.substr(at + kProfiled.size(), 36) + "/profile");
  EXPECT_EQ(profile.status, 200);
  EXPECT_NE(profile.body.find(R"(["__main__", "kept", "mmap"])"), std::string::npos) << profile.body.substr(0, 2000);
}

TEST_F(LeakingBackend, PageCacheIsNotTakenForMemory) {
  ServerProcess server(options_);
  ASSERT_TRUE(server.wait_until_listening()) << server.log();
  const auto reply =
      http_post(server.port(), "/analyze", question(1, R"(,"leaky":{"retain_mb":0,"alloc_mb":0,"page_cache_mb":600})"));
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(server.log().find("memory.level_changed"), std::string::npos) << server.log();
}

}  // namespace
}  // namespace holdfast::testing
