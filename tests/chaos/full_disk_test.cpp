// The disk fills up under a running server, and is freed again.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "tests/chaos/witness.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;

/// A file system of a few megabytes in memory. Mounting needs root, as in CI; elsewhere the suite says that it did
/// not run.
class FullDiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    disk_ = directory_ / "disk";
    std::filesystem::create_directory(disk_);
    mounted_ = ::mount("tmpfs", disk_.c_str(), "tmpfs", 0, "size=6m") == 0;
    if (!mounted_ && ::geteuid() != 0) GTEST_SKIP() << "mounting a small file system needs root";
    ASSERT_TRUE(mounted_) << "a small file system cannot be mounted";
  }
  void TearDown() override {
    if (mounted_) ::umount2(disk_.c_str(), MNT_DETACH);
  }

  ServerOptions options(const std::string& worker_flags = "") const {
    return {.data_dir = disk_ + "/data", .worker = program("scripted_worker") + " --socket {socket} " + worker_flags};
  }

  void fill() const {
    const int file = ::open((disk_ + "/ballast").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const std::string piece(4096, 'x');
    while (::write(file, piece.data(), piece.size()) == static_cast<ssize_t>(piece.size())) continue;
    ::close(file);
  }
  void free_space() const { std::filesystem::remove(disk_ + "/ballast"); }

  static HttpReply submit(std::uint16_t port, const RunId& id, const std::string& prompt) {
    const auto body = R"({"prompt":")" + prompt + R"(","run_id":")" + id.text() + R"("})";
    return http_post(port, "/v1/threads/t/runs", body, {{"Prefer", "wait=20"}});
  }

  /// SQLite may have room left in pages it holds already: asks until the first refusal.
  static HttpReply submit_until_refused(std::uint16_t port, std::vector<RunId>& accepted) {
    for (int i = 0; i < 2000; ++i) {
      const auto id = RunId::make();
      const auto body = R"({"prompt":")" + std::string(8000, 'p') + R"(","run_id":")" + id.text() + R"("})";
      const auto reply = http_post(port, "/v1/threads/t/runs", body, {{"Prefer", "respond-async"}});
      if (reply.status != 202 && reply.status != 200) return reply;
      accepted.push_back(id);
    }
    return {};
  }

  static void wait_until_ready(std::uint16_t port) {
    for (int i = 0; i < 2000 && http_get(port, "/readyz").status != 200; ++i) std::this_thread::sleep_for(10ms);
    EXPECT_EQ(http_get(port, "/readyz").status, 200);
  }

  static void expect_completed(std::uint16_t port, const RunId& id) {
    for (int i = 0; i < 3000; ++i) {
      const auto reply = http_get(port, "/v1/runs/" + id.text());
      ASSERT_EQ(reply.status, 200) << id.text() << " was lost";
      if (reply.body.find(R"("status":"completed")") != std::string::npos) return;
      std::this_thread::sleep_for(10ms);
    }
    FAIL() << id.text() << " did not complete";
  }

  TemporaryDirectory directory_;
  std::string disk_;
  bool mounted_ = false;
};

TEST_F(FullDiskTest, NewWorkIsRefusedBeforeItStartsAndTheServerRecoversWhenThereIsSpaceAgain) {
  ServerProcess server(options());
  ASSERT_TRUE(server.wait_until_listening()) << server.log();
  const auto before = RunId::make();
  ASSERT_EQ(submit(server.port(), before, "before").status, 200);

  fill();
  std::vector<RunId> accepted;
  const auto refused = submit_until_refused(server.port(), accepted);
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_FALSE(refused.header("Retry-After").empty());
  EXPECT_NE(refused.body.find("nothing was started"), std::string::npos) << refused.body;
  EXPECT_EQ(http_get(server.port(), "/readyz").status, 503);
  EXPECT_EQ(http_get(server.port(), "/livez").status, 200);
  EXPECT_EQ(http_get(server.port(), "/v1/runs/" + before.text()).status, 200) << "what is stored can be read";

  free_space();
  wait_until_ready(server.port());
  const auto after = RunId::make();
  EXPECT_EQ(submit(server.port(), after, "after").status, 200) << "and work goes on";
  for (const auto& id : accepted) expect_completed(server.port(), id);
}

TEST_F(FullDiskTest, AnAcceptedRunSurvivesADiskThatFillsUpWhileItRunsAndAKillOnTop) {
  std::vector<RunId> accepted;
  {
    ServerProcess server(options("--sleep-ms 300"));
    ASSERT_TRUE(server.wait_until_listening()) << server.log();
    for (int i = 0; i < 3; ++i) {
      accepted.push_back(RunId::make());
      const auto body = R"({"prompt":"q","run_id":")" + accepted.back().text() + R"("})";
      ASSERT_EQ(http_post(server.port(), "/v1/threads/t/runs", body, {{"Prefer", "respond-async"}}).status, 202);
    }
    fill();
    submit_until_refused(server.port(), accepted);
    std::this_thread::sleep_for(500ms);
    server.kill();
  }
  free_space();
  ServerProcess server(options());
  ASSERT_TRUE(server.wait_until_listening()) << server.log();
  for (const auto& id : accepted) expect_completed(server.port(), id);
}

TEST_F(FullDiskTest, AnUploadIsRefusedBeforeItTakesTheRoomOfOthers) {
  auto uploads = options();
  uploads.environment = {{"HOLDFAST_GUARANTEED", "POST /upload"}};
  ServerProcess server(uploads);
  ASSERT_TRUE(server.wait_until_listening());
  const auto refused = http_post(server.port(), "/upload", std::string(1'000'000, 'x'));
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_NE(refused.body.find("disk full"), std::string::npos) << refused.body;
  EXPECT_NE(refused.body.find("nothing was started"), std::string::npos) << refused.body;
  const auto id = RunId::make();
  EXPECT_EQ(submit(server.port(), id, "there is room for this").status, 200);
  expect_completed(server.port(), id);
}

}  // namespace
}  // namespace holdfast::testing
