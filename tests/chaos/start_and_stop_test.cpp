// How the server starts, refuses to start, and stops.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/chaos/witness.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

class StartAndStopTest : public ::testing::Test {
 protected:
  ServerOptions options(const std::string& worker_flags = "") const {
    return {.data_dir = directory_ / "data",
            .worker = program("scripted_worker") + " --socket {socket} " + worker_flags};
  }
  /// Starts a server that must refuse, and returns what it said.
  static std::string refusal(const ServerOptions& options) {
    ServerProcess server(options);
    EXPECT_FALSE(server.wait_until_listening());
    const auto status = server.wait();
    EXPECT_TRUE(status && WIFEXITED(*status) && WEXITSTATUS(*status) != 0) << server.log();
    return server.log();
  }
  TemporaryDirectory directory_;
};

TEST_F(StartAndStopTest, ASecondServerOnTheSameDirectoryIsRefusedClearly) {
  ServerProcess first(options());
  ASSERT_TRUE(first.wait_until_listening());
  const auto said = refusal(options());
  EXPECT_NE(said.find("another Holdfast (pid " + std::to_string(first.pid()) + ")"), std::string::npos) << said;
  EXPECT_EQ(http_get(first.port(), "/livez").status, 200);
}

TEST_F(StartAndStopTest, APortThatIsTakenIsNamed) {
  ServerProcess first(options());
  ASSERT_TRUE(first.wait_until_listening());
  auto second = options();
  second.data_dir = directory_ / "other";
  second.port = first.port();
  const auto said = refusal(second);
  EXPECT_NE(said.find(std::to_string(first.port())), std::string::npos) << said;
  EXPECT_NE(said.find("--listen"), std::string::npos) << said;
}

TEST_F(StartAndStopTest, AnAddressForEverybodyIsRefusedWithoutAuthentication) {
  auto open = options();
  open.host = "0.0.0.0";
  EXPECT_NE(refusal(open).find("loopback"), std::string::npos);
}

TEST_F(StartAndStopTest, ADirectoryThatCannotBeWrittenIsNamed) {
  auto blocked = options();
  std::ofstream(directory_ / "file") << "x";
  blocked.data_dir = directory_ / "file" + "/data";
  EXPECT_NE(refusal(blocked).find("--data"), std::string::npos);
}

TEST_F(StartAndStopTest, AJournalThatIsNotOneIsRefusedAndLeftAlone) {
  std::filesystem::create_directory(directory_ / "data");
  std::ofstream(directory_ / "data/journal.sqlite") << std::string(8192, 'x');
  EXPECT_NE(refusal(options()).find("journal.sqlite"), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(directory_ / "data/journal.sqlite"), 8192U);
}

TEST_F(StartAndStopTest, AWorkerThatDiesAtStartIsToldAndNotSpun) {
  auto failing = options("--exit-at-start 1");
  ServerProcess server(failing);
  ASSERT_TRUE(server.wait_until_listening());
  std::string health;
  for (int i = 0; i < 1500 && health.find(R"("crash_loop":true)") == std::string::npos; ++i) {
    std::this_thread::sleep_for(20ms);
    health = http_get(server.port(), "/health").body;
  }
  EXPECT_NE(health.find(R"("crash_loop":true)"), std::string::npos) << health;
  // The log is written by a thread of its own.
  for (int i = 0; i < 1500 && server.log().find("--worker") == std::string::npos; ++i)
    std::this_thread::sleep_for(20ms);
  EXPECT_NE(server.log().find("--worker"), std::string::npos) << server.log();
}

TEST_F(StartAndStopTest, ACommandThatDoesNotExistIsNamed) {
  auto missing = options();
  missing.worker = "no-such-program-anywhere {socket}";
  ServerProcess server(missing);
  ASSERT_TRUE(server.wait_until_listening());
  std::string health;
  for (int i = 0; i < 1500 && health.find("not found") == std::string::npos; ++i) {
    std::this_thread::sleep_for(20ms);
    health = http_get(server.port(), "/health").body;
  }
  EXPECT_NE(health.find("no-such-program-anywhere"), std::string::npos) << health;
}

TEST_F(StartAndStopTest, SigtermLetsARunningRunFinishAndItsClientGetTheAnswer) {
  ServerProcess server(options("--sleep-ms 500"));
  ASSERT_TRUE(server.wait_until_listening());
  HttpReply reply;
  const auto port = server.port();
  std::jthread client([&] { reply = http_post(port, "/analyze", R"({"prompt":"slow","thread_id":"t"})"); });
  for (int i = 0; i < 500; ++i) {
    if (http_get(port, "/health").body.find(R"("running":1)") != std::string::npos) break;
    std::this_thread::sleep_for(2ms);
  }
  server.send_signal(SIGTERM);
  client.join();
  EXPECT_EQ(reply.status, 200);
  EXPECT_NE(reply.body.find(R"("result":"slow")"), std::string::npos) << reply.body;
  const auto status = server.wait();
  ASSERT_TRUE(status);
  EXPECT_TRUE(WIFEXITED(*status) && WEXITSTATUS(*status) == 0) << server.log();
}

TEST_F(StartAndStopTest, WhatADrainCutsOffIsTakenUpAtTheNextStart) {
  Witness witness;
  {
    auto hanging = options("--no-answer");
    hanging.arguments = {"--set", "server.drain_timeout=50ms", "--set", "worker.grace_period=200ms"};
    ServerProcess server(hanging);
    ASSERT_TRUE(server.wait_until_listening());
    witness.turn_to(server.port());
    witness.submit();
    ASSERT_EQ(witness.confirmed(), 1);
    server.send_signal(SIGTERM);
    ASSERT_TRUE(server.wait());
  }
  ServerProcess server(options());
  ASSERT_TRUE(server.wait_until_listening());
  witness.turn_to(server.port());
  witness.wait_for_all();
  witness.judge();
}

TEST_F(StartAndStopTest, WorkersDieWithAKilledServer) {
  ServerProcess server(options("--no-answer"));
  ASSERT_TRUE(server.wait_until_listening());
  Witness witness;
  witness.turn_to(server.port());
  witness.submit();
  std::vector<int> pids;
  for (int i = 0; i < 500 && pids.empty(); ++i) {
    pids = witness.busy_workers();
    std::this_thread::sleep_for(5ms);
  }
  ASSERT_FALSE(pids.empty());
  server.kill();
  const auto alive = [](int pid) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string id;
    std::string name;
    std::string state;
    return static_cast<bool>(stat >> id >> name >> state) && state != "Z";
  };
  for (int i = 0; i < 1000 && alive(pids.front()); ++i) std::this_thread::sleep_for(5ms);
  EXPECT_FALSE(alive(pids.front()));
}

}  // namespace
}  // namespace holdfast::testing
