// A limit that the server and its worker are over from the start: it says so, and answers all the same.
#include <gtest/gtest.h>

#include <thread>

#include "base/json.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

TEST(ShortOfMemoryTest, AnEmergencyIsLoggedWithTheWayBackAndTheAnswerIsSent) {
  const TemporaryDirectory directory;
  ServerOptions options;
  options.data_dir = directory / "data";
  // The first request makes the worker alone larger than the limit.
  options.worker = program("scripted_worker") + " --socket {socket} --leak-mb 32 --sleep-ms 800";
  options.environment = {{"MAX_CONCURRENT_ANALYSES", "1"}, {"MEMORY_LIMIT", "16777216"}, {"HOLDFAST_CACHE", "on"}};
  ServerProcess server(options);
  ASSERT_TRUE(server.wait_until_listening()) << server.log();
  const auto reply = http_post(server.port(), "/analyze", R"({"prompt":"x","thread_id":"the-thread"})");
  EXPECT_EQ(reply.status, 200) << reply.body;

  std::string log;
  for (int i = 0; i < 2000 && log.find("answering_under_pressure") == std::string::npos; ++i) {
    std::this_thread::sleep_for(10ms);
    log = server.log();
  }
  EXPECT_NE(log.find("EMERGENCY"), std::string::npos) << log;
  EXPECT_NE(log.find("memory.relieved name=EMERGENCY"), std::string::npos) << log;
  EXPECT_NE(log.find("answering_under_pressure"), std::string::npos) << log;
  EXPECT_NE(log.find("thread=the-thread"), std::string::npos) << log;
  EXPECT_NE(log.find("GET /v1/runs/" + reply.header("Holdfast-Run-Id")), std::string::npos) << log;

  const auto memory = http_get(server.port(), "/health/memory");
  ASSERT_EQ(memory.status, 200) << memory.body;
  const auto body = parse_json_object(memory.body);
  ASSERT_TRUE(body) << memory.body;
  EXPECT_EQ(find_string(*body, "status"), "emergency") << memory.body;
  EXPECT_EQ(body->at("over_threshold"), true) << memory.body;
  EXPECT_EQ(body->at("memory_limit_mb").to_number<double>(), 16.0) << memory.body;
  EXPECT_GT(body->at("memory_rss_mb").to_number<double>(), 32.0) << memory.body;
  ASSERT_EQ(body->at("workers").as_array().size(), 1U) << memory.body;
  EXPECT_GT(body->at("workers").at(0).at("resident_bytes").to_number<double>(), 32e6) << memory.body;
  EXPECT_FALSE(body->at("warnings").as_array().empty()) << memory.body;
  EXPECT_EQ(body->at("cache_info").at("enabled"), true) << memory.body;
  EXPECT_EQ(body->at("cache_info").at("budget_bytes"), 0) << memory.body;
  EXPECT_EQ(body->at("cache_info").at("entries"), 0) << memory.body;
}

TEST(ShortOfMemoryTest, FarBelowTheLimitNothingIsSaid) {
  const TemporaryDirectory directory;
  ServerOptions options;
  options.data_dir = directory / "data";
  options.worker = program("scripted_worker") + " --socket {socket}";
  options.environment = {{"MAX_CONCURRENT_ANALYSES", "1"}, {"MEMORY_LIMIT", "4GB"}};
  ServerProcess server(options);
  ASSERT_TRUE(server.wait_until_listening()) << server.log();
  EXPECT_EQ(http_post(server.port(), "/analyze", R"({"prompt":"x","thread_id":"t"})").status, 200);
  EXPECT_EQ(server.log().find("EMERGENCY"), std::string::npos) << server.log();
}

}  // namespace
}  // namespace holdfast::testing
