// The real server is killed while a large request is received, waits, or is worked on; and what it costs in memory.
#include <gmock/gmock.h>

#include <fstream>
#include <thread>

#include "journal/sqlite_connection.hpp"
#include "tests/contract/guaranteed/guaranteed_fixture.hpp"
#include "tests/support/postgres_cluster.hpp"
#include "tests/support/server_process.hpp"

namespace holdfast::testing {
namespace {

constexpr std::size_t kLarge = 3'000'000;

std::string body_of(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 % 251);
  return bytes;
}

class LargeRequestThroughDeath : public ::testing::Test {
 protected:
  struct Life {
    std::string routes = "POST /** retry=requeue";
    std::string worker_flags;
    std::map<std::string, std::string> environment;
  };

  [[nodiscard]] ServerOptions options(const Life& life, const std::string& data = "data") const {
    ServerOptions options;
    options.data_dir = directory_ / data;
    options.worker = "exec python3 " HOLDFAST_SOURCE_DIR
                     "/tests/support/scripted_upstream/scripted_upstream.py --socket {socket} --record " +
                     directory_ / "record" + " " + life.worker_flags;
    options.environment = life.environment;
    options.environment["HOLDFAST_GUARANTEED"] = life.routes;
    return options;
  }

  void start(const Life& life) {
    server_.emplace(options(life));
    ASSERT_TRUE(server_->wait_until_listening()) << server_->log();
  }

  [[nodiscard]] HttpReply ask(const std::string& target) const {
    return http_post(server_->port(), target, body_, {{"Idempotency-Key", kFirst}});
  }

  [[nodiscard]] std::int64_t pieces() const {
    auto connection = journal::Connection::open(directory_ / "data/journal.sqlite");
    return connection ? connection->integer("SELECT count(*) FROM request_pieces").value_or(-1) : -1;
  }

  [[nodiscard]] bool is_recorded(const std::string& line) const {
    std::ifstream file(directory_ / "record");
    for (std::string each; std::getline(file, each);) {
      if (each == line) return true;
    }
    return false;
  }

  TemporaryDirectory directory_;
  const std::string body_ = body_of(kLarge);
  std::optional<ServerProcess> server_;
};

TEST_F(LargeRequestThroughDeath, WhatWasHalfReceivedIsNothing) {
  start({.environment = {{"HOLDFAST_HOOK", "gateway.after_body_piece:20"}}});
  EXPECT_EQ(ask("/both-ways").status, 0) << "the server is dead";
  ASSERT_TRUE(server_->wait());
  EXPECT_GT(pieces(), 0);
  start({});
  EXPECT_EQ(pieces(), 0) << "nobody is going to finish it";
  EXPECT_EQ(http_get(server_->port(), "/v1/runs/" + kFirst).status, 404);
  EXPECT_TRUE(ask("/both-ways").body == body_);
}

TEST_F(LargeRequestThroughDeath, WhatWasAcceptedIsSentByTheNextServer) {
  start({.routes = "POST /**",
         .worker_flags = "--start-ms 600000",
         .environment = {{"HOLDFAST_HOOK", "runs.after_accepted"}}});
  EXPECT_EQ(ask("/both-ways").status, 0);
  ASSERT_TRUE(server_->wait());
  start({.routes = "POST /**"});
  const auto reply = ask("/both-ways");
  EXPECT_EQ(reply.header("Idempotent-Replayed"), "true");
  EXPECT_TRUE(reply.body == body_);
}

TEST_F(LargeRequestThroughDeath, WhatWasBegunIsSentAgainAsAWhole) {
  start({});
  HttpClient client(server_->port());
  client.send(request_text("POST", "/read-slowly/600000", body_, {{"Idempotency-Key", kFirst}}));
  while (!is_recorded("reads")) std::this_thread::sleep_for(10ms);
  server_->kill();
  std::ofstream(directory_ / "record", std::ios::trunc).close();
  start({});
  while (!is_recorded("reads")) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(http_post(server_->port(), "/v1/runs/" + kFirst + "/cancel", "").status, 202);
}

TEST_F(LargeRequestThroughDeath, AnotherServerOnPostgresHasItToo) {
  PostgresCluster& cluster = PostgresCluster::shared();
  const Life waits{.routes = "POST /**",
                   .worker_flags = "--start-ms 600000",
                   .environment = {{"DATABASE_URL", cluster.url(cluster.create_database())},
                                   {"HOLDFAST_DATABASE_LEASE", "1s"},
                                   {"HOLDFAST_HOOK", "runs.after_accepted"}}};
  start(waits);
  EXPECT_EQ(ask("/both-ways").status, 0);
  ASSERT_TRUE(server_->wait());
  auto other = waits;
  other.worker_flags.clear();
  other.environment.erase("HOLDFAST_HOOK");
  server_.emplace(options(other, "other data"));
  ASSERT_TRUE(server_->wait_until_listening()) << server_->log();
  const auto reply = ask("/both-ways");
  EXPECT_EQ(reply.header("Idempotent-Replayed"), "true");
  EXPECT_TRUE(reply.body == body_);
}

class LargeRequestInMemory : public LargeRequestThroughDeath {
 protected:
  /// The most that was resident so far.
  [[nodiscard]] std::size_t peak_kilobytes() const {
    std::ifstream status("/proc/" + std::to_string(server_->pid()) + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6));
    }
    return 0;
  }
};

// Without the room that the sanitizer keeps what was freed in.
const std::map<std::string, std::string> kTight{
    {"ASAN_OPTIONS", "quarantine_size_mb=1:thread_local_quarantine_size_kb=64"}, {"HOLDFAST_MAX_REQUEST", "512MB"}};

TEST_F(LargeRequestInMemory, AHundredMegabytesGoThereAndBackWithoutBeingThere) {
  start({.environment = kTight});
  const auto body = body_of(100'000'000);
  ASSERT_EQ(ask("/digest").status, 200) << "a smaller one, so that what is made once is there";
  const auto before = peak_kilobytes();
  HttpClient client(server_->port(), 100s);
  client.send(request_text("POST", "/both-ways", body));
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_TRUE(reply->body == body);
  EXPECT_LT(peak_kilobytes() - before, 50U * 1024) << "sanitizers take their part";
}

TEST_F(LargeRequestInMemory, ManyAtOnceAreNotThereEither) {
  start({.environment = kTight});
  ASSERT_EQ(ask("/digest").status, 200);
  const auto before = peak_kilobytes();
  const auto body = body_of(std::size_t{8} << 20U);
  std::vector<std::jthread> clients;
  std::atomic<int> answered{0};
  for (int i = 0; i < 32; ++i) {
    clients.emplace_back([&] {
      HttpClient client(server_->port(), 100s);
      client.send(request_text("POST", "/digest", body));
      const auto reply = client.read();
      if (reply && reply->status == 200 && reply->body.starts_with("8388608 ")) ++answered;
    });
  }
  clients.clear();
  EXPECT_EQ(answered, 32);
  EXPECT_LT(peak_kilobytes() - before, 96U * 1024) << "of 256 MB";
}

}  // namespace
}  // namespace holdfast::testing
