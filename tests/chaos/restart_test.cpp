// The graceful restart: one process becomes the next on the same socket.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/run_id.hpp"
#include "tests/chaos/witness.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

bool eventually(const std::function<bool()>& holds) {
  const auto limit = std::chrono::steady_clock::now() + 30s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

class RestartTest : public ::testing::Test {
 protected:
  ServerOptions options(const std::string& worker_flags = "") const {
    return {.data_dir = directory_ / "data",
            .worker = program("scripted_worker") + " --socket {socket} " + worker_flags};
  }
  static bool has_started(const ServerProcess& server, int times) {
    const auto log = server.log();
    int starts = 0;
    for (auto at = log.find("app.started"); at != std::string::npos; at = log.find("app.started", at + 1)) ++starts;
    return starts >= times;
  }
  static bool has_said(const ServerProcess& server, const std::string& what) {
    return server.log().find(what) != std::string::npos;
  }
  TemporaryDirectory directory_;
};

TEST_F(RestartTest, NobodyIsRefusedAndEveryAnswerArrives) {
  ServerProcess server(options("--sleep-ms 20"));
  ASSERT_TRUE(server.wait_until_listening());
  const auto port = server.port();
  std::atomic<int> refused = 0;
  std::atomic<int> wrong = 0;
  std::atomic<int> answered = 0;
  std::atomic<bool> enough = false;
  // Asks as a client does that repeats a request until it has its answer.
  auto client = [&](int number) {
    for (int turn = 0; !enough; ++turn) {
      const auto prompt = "client " + std::to_string(number) + " turn " + std::to_string(turn);
      const auto body = R"({"thread_id":"t","prompt":")" + prompt + R"(","run_id":")" + RunId::make().text() + "\"}";
      while (true) {
        HttpClient connection(port);
        if (!connection.connected()) ++refused;
        const auto reply = connection.ask("POST", "/analyze", body);
        if (!reply || reply->status == 503) continue;
        if (reply->status != 200 || reply->body.find(R"("result":")" + prompt + "\"") == std::string::npos) ++wrong;
        ++answered;
        break;
      }
    }
  };
  {
    std::vector<std::jthread> clients;
    for (int number = 0; number < 4; ++number) clients.emplace_back(client, number);
    for (int restarts = 1; restarts <= 3; ++restarts) {
      const int before = answered;
      EXPECT_TRUE(eventually([&] { return answered > before + 8; }));
      server.send_signal(SIGUSR2);
      EXPECT_TRUE(eventually([&] { return has_started(server, restarts + 1); })) << server.log();
    }
    const int before = answered;
    EXPECT_TRUE(eventually([&] { return answered > before + 8; })) << "work goes on";
    enough = true;
  }
  EXPECT_EQ(refused, 0);
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(server.is_running()) << "one process number all along";
}

TEST_F(RestartTest, WhatIsCutOffGoesOnInTheNextProcess) {
  auto hanging = options("--no-answer --once " + directory_ / "once");
  hanging.arguments = {"--set", "server.drain_timeout=50ms", "--set", "worker.grace_period=200ms"};
  ServerProcess server(hanging);
  ASSERT_TRUE(server.wait_until_listening());
  Witness witness;
  witness.turn_to(server.port());
  witness.submit();
  ASSERT_EQ(witness.confirmed(), 1);
  EXPECT_TRUE(eventually([&] { return !witness.busy_workers().empty(); }));
  server.send_signal(SIGUSR2);
  ASSERT_TRUE(eventually([&] { return has_started(server, 2); })) << server.log();
  witness.wait_for_all();
  witness.judge();
}

TEST_F(RestartTest, WhatWasLearnedOfPeaksIsKnownToTheNextProcess) {
  ServerProcess server(options());
  ASSERT_TRUE(server.wait_until_listening());
  EXPECT_EQ(http_post(server.port(), "/analyze", R"({"prompt":"measure","thread_id":"t"})").status, 200);
  server.send_signal(SIGUSR2);
  ASSERT_TRUE(eventually([&] { return has_started(server, 2); })) << server.log();
  EXPECT_EQ(http_post(server.port(), "/analyze", R"({"prompt":"again","thread_id":"t"})").status, 200);
  EXPECT_THAT(http_get(server.port(), "/metrics").body, HasSubstr("holdfast_admission_alone_total 0"));
}

TEST_F(RestartTest, ARestartThatWouldFailIsNotBegun) {
  const auto file = directory_ / "holdfast.toml";
  std::ofstream(file) << "[runs]\nmax_concurrent = 2\n";
  auto with_file = options();
  with_file.arguments = {"--config", file};
  ServerProcess server(with_file);
  ASSERT_TRUE(server.wait_until_listening());
  std::ofstream(file) << "[runs]\nmax_concurrent = \"many\"\n";
  server.send_signal(SIGUSR2);
  ASSERT_TRUE(eventually([&] { return has_said(server, "app.not_restarted"); })) << server.log();
  EXPECT_TRUE(has_said(server, "max_concurrent"));
  EXPECT_EQ(http_post(server.port(), "/analyze", R"({"prompt":"still here","thread_id":"t"})").status, 200);

  std::ofstream(file) << "[runs]\nmax_concurrent = 3\n";
  server.send_signal(SIGUSR2);
  ASSERT_TRUE(eventually([&] { return has_started(server, 2); })) << server.log();
  EXPECT_EQ(http_post(server.port(), "/analyze", R"({"prompt":"and after","thread_id":"t"})").status, 200);
}

TEST_F(RestartTest, ARestartAskedForAtAnyMomentOfARestartEndsNothing) {
  ServerProcess server(options());
  ASSERT_TRUE(server.wait_until_listening());
  for (int i = 0; i < 300 && !has_started(server, 4); ++i) {
    server.send_signal(SIGUSR2);
    std::this_thread::sleep_for(5ms);
  }
  ASSERT_TRUE(server.is_running()) << server.log();
  ASSERT_TRUE(eventually([&] { return has_started(server, 2); })) << server.log();
  // The last one asked for may be under way yet.
  EXPECT_TRUE(eventually([&] {
    return http_post(server.port(), "/analyze", R"({"prompt":"goes on","thread_id":"t"})").status == 200;
  })) << server.log();
}

TEST_F(RestartTest, AProgramThatIsGoneIsNotRestarted) {
  const auto copy = directory_ / "holdfast";
  std::filesystem::copy_file(program("holdfast"), copy);
  auto copied = options();
  copied.program = copy;
  ServerProcess server(copied);
  ASSERT_TRUE(server.wait_until_listening());
  std::filesystem::remove(copy);
  server.send_signal(SIGUSR2);
  ASSERT_TRUE(eventually([&] { return has_said(server, "app.not_restarted"); })) << server.log();
  EXPECT_EQ(http_post(server.port(), "/analyze", R"({"prompt":"still here","thread_id":"t"})").status, 200);
}

TEST_F(RestartTest, AStopDuringARestartStops) {
  ServerProcess server(options("--no-answer"));
  ASSERT_TRUE(server.wait_until_listening());
  Witness witness;
  witness.turn_to(server.port());
  witness.submit();
  EXPECT_TRUE(eventually([&] { return !witness.busy_workers().empty(); }));
  server.send_signal(SIGUSR2);
  ASSERT_TRUE(eventually([&] { return has_said(server, "app.restarting"); }));
  server.send_signal(SIGTERM);
  ASSERT_TRUE(eventually([&] { return has_said(server, "app.draining"); }));
  server.send_signal(SIGTERM);
  const auto status = server.wait();
  ASSERT_TRUE(status);
  EXPECT_TRUE(WIFEXITED(*status) && WEXITSTATUS(*status) == 128 + SIGTERM);
}

// As systemd does it: the socket is there before the server is.
TEST_F(RestartTest, ASocketThatWasHandedOverIsServed) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(::listen(socket, 16), 0);
  ASSERT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length), 0);
  const auto data = directory_ / "data";
  const auto holdfast = program("holdfast");
  const auto worker = options().worker;
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(socket, 3);
    ::setenv("LISTEN_FDS", "1", 1);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("MEMORY_LIMIT", "16GB", 1);
    ::execl(holdfast.c_str(), holdfast.c_str(), "serve", "--data", data.c_str(), "--worker", worker.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(socket);
  EXPECT_EQ(http_post(ntohs(address.sin_port), "/analyze", R"({"prompt":"handed over","thread_id":"t"})").status, 200);
  ::kill(child, SIGTERM);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace holdfast::testing
