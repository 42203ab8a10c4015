// Asking from the shell, and coming back.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/json.hpp"
#include "base/run_id.hpp"
#include "tests/e2e/command_line/command.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;

class AskTest : public ::testing::Test {
 protected:
  ServerOptions options(const std::string& worker_flags = "") const {
    return {.data_dir = directory_ / "data",
            .worker = program("scripted_worker") + " --socket {socket} " + worker_flags};
  }
  static std::string url(const ServerProcess& server) {
    return " --url http://127.0.0.1:" + std::to_string(server.port());
  }
  static json::object object_in(const std::string& text) {
    auto object = parse_json_object(text);
    EXPECT_TRUE(object) << text;
    return object ? std::move(*object) : json::object();
  }

  TemporaryDirectory directory_;
  std::string id_ = RunId::make().text();
};

TEST_F(AskTest, ARunIdComesBackToItsRun) {
  ServerProcess server(options("--report"));
  ASSERT_TRUE(server.wait_until_listening());
  const auto first = holdfast("run hello --json --run-id " + id_ + url(server));
  ASSERT_EQ(first.status, 0) << first.err;
  for (const auto* again : {"run hello --json --run-id ", "run --json --run-id "}) {
    const auto said = holdfast(again + id_ + url(server));
    EXPECT_EQ(said.status, 0) << said.err;
    EXPECT_EQ(find_string(object_in(said.out), "run_id"), id_);
    EXPECT_EQ(object_in(said.out).at("result"), object_in(first.out).at("result")) << "never a second execution";
  }
}

TEST_F(AskTest, ARunIdOfAnotherQuestionIsNotAnsweredWithIt) {
  ServerProcess server(options());
  ASSERT_TRUE(server.wait_until_listening());
  ASSERT_EQ(holdfast("run hello --thread a --run-id " + id_ + url(server)).status, 0);
  const auto other = holdfast("run 'something else' --run-id " + id_ + url(server));
  EXPECT_EQ(other.status, 64);
  EXPECT_THAT(other.err, HasSubstr("hello"));
  EXPECT_EQ(holdfast("run hello --thread b --run-id " + id_ + url(server)).status, 64);
  EXPECT_EQ(holdfast("run --run-id " + RunId::make().text() + url(server)).status, 64) << "no question, no run";
}

TEST_F(AskTest, EveryQuestionWithoutAThreadGetsItsOwn) {
  ServerProcess server(options());
  ASSERT_TRUE(server.wait_until_listening());
  ASSERT_EQ(holdfast("run hello --run-id " + id_ + url(server)).status, 0);
  EXPECT_EQ(find_string(object_in(http_get(server.port(), "/v1/runs/" + id_).body), "thread_id"), "shell-" + id_);
}

TEST_F(AskTest, ShowPrintsTheTimelineAndTheAnswerAsJson) {
  ServerProcess server(options());
  ASSERT_TRUE(server.wait_until_listening());
  ASSERT_EQ(holdfast("run hello --run-id " + id_ + url(server)).status, 0);
  const auto said = holdfast("runs show " + id_ + " --json" + url(server));
  EXPECT_EQ(said.status, 0) << said.err;
  const auto shown = object_in(said.out);
  EXPECT_TRUE(shown.at("entries").is_array());
  EXPECT_EQ(find_string(*find_object(*find_object(shown, "run"), "result"), "result"), "hello");
}

TEST_F(AskTest, WhyARunWaitsIsToldInWords) {
  ServerProcess server(options("--exit-at-start 3"));
  ASSERT_TRUE(server.wait_until_listening());
  for (int i = 0; i < 3000; ++i) {
    if (http_get(server.port(), "/health").body.contains(R"("crash_loop":true)")) break;
    ::usleep(10'000);
  }
  const auto body = json::object{{"prompt", "x"}, {"thread_id", "t"}, {"run_id", id_}};
  ASSERT_EQ(http_post(server.port(), "/analyze", json_text(body), {{"Prefer", "respond-async"}}).status, 202);
  EXPECT_THAT(holdfast("runs show " + id_ + url(server)).out, HasSubstr("the workers fail to start"));

  // Followed, it is told too; a signal leaves, and says how to come back.
  const auto command = "echo $$; exec '" + program("holdfast") + "' run --run-id " + id_ + url(server) + " 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  char line[4096] = "0";
  ASSERT_NE(std::fgets(line, sizeof line, pipe), nullptr);
  const int pid = std::atoi(line);
  std::string said;
  bool told = false;
  while (std::fgets(line, sizeof line, pipe) != nullptr) {
    said += line;
    if (!told && said.contains("waiting: the workers fail to start")) ::kill(pid, SIGTERM);
    told = said.contains("waiting: the workers fail to start");
  }
  const int status = ::pclose(pipe);
  EXPECT_TRUE(told) << said;
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGTERM) << status;
  EXPECT_THAT(said, HasSubstr("holdfast run --run-id " + id_));
}

TEST_F(AskTest, ASecondServerOnTheSameJournalIsRefused) {
  ServerProcess first(options());
  ASSERT_TRUE(first.wait_until_listening());
  const auto second = holdfast("serve --listen 127.0.0.1:0 --worker 'true {socket}' --data '" + (directory_ / "b") +
                               "' --database 'sqlite:" + (directory_ / "data/journal.sqlite") + "'");
  EXPECT_EQ(second.status, 65);
  EXPECT_THAT(second.err, HasSubstr("another Holdfast (pid " + std::to_string(first.pid()) + ")"));
  EXPECT_THAT(second.err, HasSubstr("journal.sqlite"));
}

}  // namespace
}  // namespace holdfast::testing
