// Ordinary programs behind the real server: FastAPI under uvicorn, and Python's own file server.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace holdfast::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::size_t kMegabyte = 1024 * 1024;

// RssAnon of the process, in bytes.
std::size_t held_by(int pid) {
  std::ifstream file(fmt::format("/proc/{}/status", pid));
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("RssAnon:")) return std::strtoull(line.c_str() + 8, nullptr, 10) * 1024;
  }
  return 0;
}

class PassedToARealBackend : public ::testing::Test {
 protected:
  void start(const std::string& worker) {
    ServerOptions options;
    options.data_dir = directory_ / "data";
    options.worker = worker;
    // Freed memory is to be used again, as without the sanitizer.
    options.environment = {{"ASAN_OPTIONS", "quarantine_size_mb=1:thread_local_quarantine_size_kb=64"}};
    server_.emplace(options);
    ASSERT_TRUE(server_->wait_until_listening()) << server_->log();
  }

  void start_fastapi() {
    if (std::system("/usr/bin/python3 -c 'import uvicorn, fastapi, websockets' 2>/dev/null") != 0) {
      GTEST_SKIP() << "python3-uvicorn, python3-fastapi or python3-websockets is not installed";
    }
    start("cd " HOLDFAST_SOURCE_DIR
          "/tests/support/fastapi_app && exec /usr/bin/python3 -B -m uvicorn app:app --uds {socket}");
  }

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

  TemporaryDirectory directory_;
  std::optional<ServerProcess> server_;
};

TEST_F(PassedToARealBackend, FastapiAnswersUnchanged) {
  start_fastapi();
  if (!server_) return;
  HttpClient client(port());
  for (int i = 0; i < 20; ++i) {
    const auto reply = client.ask("GET", "/hello/w%C3%B6rld");
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body, R"({"hello":"wörld","user":"local","scheme":"http"})");
    EXPECT_EQ(reply->header("Server"), "uvicorn");
  }
  EXPECT_EQ(client.ask("GET", "/nothing")->body, R"({"detail":"Not Found"})");
  EXPECT_EQ(client.ask("PUT", "/hello/x", "y")->status, 405);
  EXPECT_THAT(http_get(port(), "/docs").body, HasSubstr("swagger"));
}

TEST_F(PassedToARealBackend, AnEventStreamArrivesEventByEvent) {
  start_fastapi();
  if (!server_) return;
  HttpClient client(port());
  client.send(request_text("GET", "/ticks/4"));
  ASSERT_EQ(client.read_head()->header("Content-Type"), "text/event-stream; charset=utf-8");
  for (int number = 0; number < 4; ++number) {
    const auto event = client.read_piece();
    ASSERT_TRUE(event);
    EXPECT_EQ(*event, fmt::format("data: {}\n\n", number));
  }
  EXPECT_FALSE(client.read_piece());
  EXPECT_TRUE(client.body_complete());
}

TEST_F(PassedToARealBackend, AWebSocketSpeaksThrough) {
  start_fastapi();
  if (!server_) return;
  HttpClient client(port());
  client.send(
      "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  const auto head = client.read_head();
  ASSERT_TRUE(head);
  ASSERT_EQ(head->status, 101);
  EXPECT_EQ(head->header("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  for (int i = 0; i < 10; ++i) {
    client.send(std::string("\x81\x85\0\0\0\0", 6) + "hello");
    EXPECT_EQ(client.read_raw(), "\x81\x0eyou said hello");
  }
  client.send(std::string("\x88\x82\0\0\0\0\x03\xe8", 8));
  EXPECT_EQ(client.read_raw(), "\x88\x02\x03\xe8");
  EXPECT_TRUE(client.closed_by_server());
}

TEST_F(PassedToARealBackend, TwoHundredMegabytesEachWayLeaveTheServerSmall) {
  start_fastapi();
  if (!server_) return;
  constexpr std::size_t kMegabytes = 200;
  ASSERT_EQ(http_get(port(), "/hello/x").status, 200);
  const auto before = held_by(server_->pid());
  std::size_t most = before;
  const auto look = [&] { most = std::max(most, held_by(server_->pid())); };

  HttpClient up(port());
  up.send(
      fmt::format("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", kMegabytes * kMegabyte));
  const std::string piece(kMegabyte, 'x');
  for (std::size_t i = 0; i < kMegabytes; ++i) {
    ASSERT_TRUE(up.send(piece));
    look();
  }
  EXPECT_EQ(up.read()->body, fmt::format(R"({{"size":{}}})", kMegabytes * kMegabyte));

  HttpClient down(port());
  down.send(request_text("GET", fmt::format("/download/{}", kMegabytes)));
  ASSERT_EQ(down.read_head()->status, 200);
  std::size_t size = 0;
  int pieces = 0;
  while (const auto got = down.read_piece()) {
    size += got->size();
    if (++pieces % 50 == 0) look();
    // A reader that is slower than the writer, for a while.
    if (size < 20 * kMegabyte) std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(size, kMegabytes * kMegabyte);
  EXPECT_TRUE(down.body_complete());
  RecordProperty("grown_bytes", std::to_string(most - before));
  // The sanitizer takes its part; without it the server grows by less than one.
  EXPECT_LT(most - before, 24 * kMegabyte);
  fmt::print("held before {} KB, at most {} KB\n", before / 1024, most / 1024);
}

TEST_F(PassedToARealBackend, ThePythonFileServerIsOldAndServes) {
  std::string content(3 * kMegabyte, ' ');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 31 % 253);
  std::ofstream(directory_ / "file.bin", std::ios::binary) << content;
  start("exec python3 -m http.server {port} --bind 127.0.0.1 --directory " + directory_.path());
  HttpClient client(port());
  for (int i = 0; i < 3; ++i) {
    const auto reply = client.ask("GET", "/file.bin");
    ASSERT_TRUE(reply);
    EXPECT_TRUE(reply->complete);
    EXPECT_EQ(reply->body, content);
    EXPECT_EQ(client.ask("GET", "/nothing")->status, 404);
  }
  client.send(request_text("HEAD", "/file.bin"));
  EXPECT_EQ(client.read("HEAD")->header("Content-Length"), std::to_string(content.size()));
}

}  // namespace
}  // namespace holdfast::testing
