// A native backend that leaks, behind the real server: which of its functions did, or why that is not known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;

class NativeProfileOfARun : public ::testing::Test {
 protected:
  // Runs that each keep 120 MB, until the worker is replaced. The answer to who asks for the profile of that run.
  HttpReply profile_with(const std::string& agent, const std::string& recorded, std::string_view event) {
    options_.data_dir = directory_ / "data";
    options_.worker = "exec " HOLDFAST_LEAKY_WORKER " --retain-mb 0 --native-leak-mb 120 --socket {socket}";
    options_.environment = {{"MEMORY_LIMIT", "512MB"},
                            {"MAX_CONCURRENT_ANALYSES", "1"},
                            {"HOLDFAST_WORKER_AGENT", agent},
                            {"HOLDFAST_HEAP_PROFILE", recorded}};
    ServerProcess server(options_);
    EXPECT_TRUE(server.wait_until_listening()) << server.log();
    const auto begins = std::string(event) + " run=";
    for (int i = 0; i < 20; ++i) {
      const auto reply = http_post(server.port(), "/analyze", R"({"prompt":"x","thread_id":"t"})");
      EXPECT_EQ(reply.status, 200) << reply.body;
      const auto log = server.log();
      if (const auto at = log.find(begins); at != std::string::npos) {
        return http_get(server.port(), "/v1/runs/" + log.substr(at + begins.size(), 36) + "/profile");
      }
    }
    ADD_FAILURE() << "no " << event << ":\n" << server.log();
    return {};
  }

  TemporaryDirectory directory_;
  ServerOptions options_;
};

TEST_F(NativeProfileOfARun, NamesTheFunctionThatKeptIt) {
  const auto reply = profile_with("jemalloc", "on", "memory.heap_profile");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_THAT(reply.body, HasSubstr(R"("misbehave","leak_native"],"count":)"));
}

TEST_F(NativeProfileOfARun, SaysWhichSettingsGiveOne) {
  const auto reply = profile_with("on", "auto", "memory.no_heap_profile");
  EXPECT_EQ(reply.status, 404);
  EXPECT_THAT(reply.body, HasSubstr("worker.agent = jemalloc together with worker.heap_profile = on"));
}

}  // namespace
}  // namespace holdfast::testing
