// The real server is killed while a worker answers.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <csignal>

#include "tests/contract/guaranteed/guaranteed_fixture.hpp"
#include "tests/support/server_process.hpp"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;

class GuaranteedThroughDeath : public ::testing::Test {
 protected:
  void start(const std::string& routes) {
    ServerOptions options;
    options.data_dir = directory_ / "data";
    options.worker = "exec python3 " HOLDFAST_SOURCE_DIR
                     "/tests/support/scripted_upstream/scripted_upstream.py --socket {socket} --record " +
                     directory_ / "record";
    options.environment = {{"HOLDFAST_GUARANTEED", routes}};
    server_.emplace(options);
    ASSERT_TRUE(server_->wait_until_listening()) << server_->log();
  }

  /// Kills the server once the worker answers.
  void kill_in_the_middle(const std::string& routes) {
    start(routes);
    HttpClient client(server_->port());
    client.send(request_text("POST", "/events/40/0", "x", {{"Idempotency-Key", kFirst}}));
    const auto head = client.read_head();
    ASSERT_TRUE(head);
    EXPECT_EQ(head->status, 200);
    ASSERT_TRUE(client.read_piece());
    server_->kill();
    start(routes);
  }

  [[nodiscard]] HttpReply ask_again() const {
    return http_post(server_->port(), "/events/40/0", "x", {{"Idempotency-Key", kFirst}});
  }

  TemporaryDirectory directory_;
  std::optional<ServerProcess> server_;
};

TEST_F(GuaranteedThroughDeath, WhatMayBeRepeatedIsAnsweredByTheNextServer) {
  kill_in_the_middle("POST /events/** retry=requeue");
  const auto reply = ask_again();
  EXPECT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, ::testing::EndsWith("data: 40\n\n"));
  EXPECT_TRUE(reply.complete);
}

TEST_F(GuaranteedThroughDeath, WhatMayHaveBegunIsToldToHaveFailed) {
  kill_in_the_middle("POST /events/**");
  const auto reply = ask_again();
  EXPECT_EQ(reply.status, 502);
  EXPECT_THAT(reply.body, HasSubstr("may have begun"));
}

TEST_F(GuaranteedThroughDeath, AKeptAnswerOutlivesTheServer) {
  start("POST /events/**");
  const auto first = http_post(server_->port(), "/events/3/0", "x", {{"Idempotency-Key", kFirst}});
  server_->kill();
  start("POST /other");
  EXPECT_EQ(http_get(server_->port(), "/v1/runs/" + kFirst + "/response").body, first.body)
      << "also when its route is guaranteed no more";
}

}  // namespace
}  // namespace holdfast::testing
