// 22 analyses of one user from one address, all at once, on three workers: where the original refused most of them.
#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

#include "base/json.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {
namespace {

constexpr std::size_t kAtOnce = 22;

TEST(ManyAtOnceTest, AllOfTwentyTwoAnalysesOfOneUserAreAnsweredOnThreeWorkers) {
  const TemporaryDirectory directory;
  ServerOptions options;
  options.data_dir = directory / "data";
  options.worker = program("scripted_worker") + " --socket {socket} --sleep-ms 200";
  options.environment = {{"MAX_CONCURRENT_ANALYSES", "3"}};
  options.limits = UserLimits::as_shipped;
  ServerProcess server(options);
  ASSERT_TRUE(server.wait_until_listening()) << server.log();

  std::array<HttpReply, kAtOnce> replies;
  {
    std::vector<std::jthread> users;
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      users.emplace_back([&reply = replies.at(i), port = server.port(), i] {
        const auto body =
            R"({"prompt":"question )" + std::to_string(i) + R"(","thread_id":"t)" + std::to_string(i) + "\"}";
        HttpClient client(port, std::chrono::seconds(60));
        reply = client.ask("POST", "/analyze", body).value_or(HttpReply{});
      });
    }
  }
  for (std::size_t i = 0; i < kAtOnce; ++i) {
    const auto& reply = replies.at(i);
    EXPECT_EQ(reply.status, 200) << i << ": " << reply.body << server.log();
    const auto body = parse_json_object(reply.body);
    ASSERT_TRUE(body) << reply.body;
    EXPECT_EQ(find_string(*body, "result"), "question " + std::to_string(i));
  }
}

}  // namespace
}  // namespace holdfast::testing
