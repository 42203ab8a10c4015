// Bodies of requests that are too large to be held: received by the piece, kept in the journal, sent from there.
#include <fmt/format.h>

#include "journal/postgres.hpp"
#include "journal/sqlite_connection.hpp"
#include "tests/contract/guaranteed/guaranteed_fixture.hpp"
#include "tests/support/faulty_store.hpp"
#include "tests/support/postgres_cluster.hpp"
#include "tests/support/postgres_stores.hpp"

namespace holdfast::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

// Some pieces, and more than sockets hold.
constexpr std::size_t kLarge = 3'000'000;

std::string noise(std::size_t size, unsigned seed = 1) {
  std::string bytes(size, '\0');
  for (auto& byte : bytes) byte = static_cast<char>((seed = seed * 1'103'515'245 + 12'345) >> 16U);
  return bytes;
}

std::string chunked_request(const std::string& target, const std::string& body, std::size_t chunk) {
  auto text = fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", target);
  for (std::size_t at = 0; at < body.size(); at += chunk) {
    const auto piece = body.substr(at, chunk);
    text += fmt::format("{:x}\r\n", piece.size()) + piece + "\r\n";
  }
  return text + "0\r\n\r\n";
}

class LargeRequest : public GuaranteedFixture {
 protected:
  /// On a SQLite journal that fails on cue.
  void start_with(GatewaySetup setup) {
    setup.open_store = [this]() -> Result<std::unique_ptr<journal::Store>> {
      auto opened = journal::open_sqlite_store(directory_ / "journal.db", system_clock());
      if (!opened) return opened;
      auto faulty = std::make_unique<FaultyStore>(std::move(*opened));
      store_ = faulty.get();
      return faulty;
    };
    start(std::move(setup));
  }

  [[nodiscard]] std::int64_t count(const char* sql) const {
    auto connection = journal::Connection::open(directory_ / "journal.db").value();
    return connection.integer(sql).value_or(-1);
  }
  [[nodiscard]] std::int64_t pieces() const { return count("SELECT count(*) FROM request_pieces"); }

  /// Waits; what a client that was refused left behind goes right after the refusal.
  [[nodiscard]] bool comes_to_have_no_pieces() const {
    for (int tries = 0; tries < 500 && pieces() != 0; ++tries) std::this_thread::sleep_for(10ms);
    return pieces() == 0;
  }
  void wait_for_pieces() const {
    while (pieces() == 0) std::this_thread::sleep_for(5ms);
  }

  FaultyStore* store_ = nullptr;
};

struct Where {
  const char* name;
  bool postgres;
};
void PrintTo(const Where& where, std::ostream* out) { *out << where.name; }

class LargeRequestKept : public LargeRequest, public ::testing::WithParamInterface<Where> {
 protected:
  void start_there(GatewaySetup setup) {
    if (!GetParam().postgres) return start_with(std::move(setup));
    const auto url = PostgresCluster::shared().url(PostgresCluster::shared().create_database());
    setup.open_store = [url] { return journal::open_postgres_store(postgres_config(url)); };
    start(std::move(setup));
  }
};

INSTANTIATE_TEST_SUITE_P(All, LargeRequestKept, ::testing::Values(Where{"Sqlite", false}, Where{"Postgres", true}),
                         [](const auto& instance) { return instance.param.name; });

TEST_P(LargeRequestKept, ArrivesByteForByteInBothFramings) {
  start_there(guaranteed_setup());
  const auto body = noise(kLarge);
  const auto reply = ask("/echo/large?x=1", kFirst, body);
  ASSERT_EQ(reply.status, 200);
  EXPECT_THAT(reply.body, HasSubstr("POST /echo/large?x=1 HTTP/1.1\r\n"));
  EXPECT_THAT(reply.body, HasSubstr("Content-Length: 3000000\r\n"));
  EXPECT_TRUE(reply.body.ends_with("\n--\n" + body));
  HttpClient client(port());
  client.send(chunked_request("/echo", body, 50'001));
  const auto from_chunks = client.read();
  ASSERT_TRUE(from_chunks);
  EXPECT_THAT(from_chunks->body, HasSubstr("Content-Length: 3000000\r\n")) << "it is known by now";
  EXPECT_TRUE(from_chunks->body.ends_with("\n--\n" + body));
  EXPECT_EQ(client.ask("POST", "/chunked", "x")->body, "hello") << "the connection goes on";
}

TEST_P(LargeRequestKept, IsAnsweredOnceAndComparedAsAWhole) {
  start_there(guaranteed_setup());
  const auto body = noise(kLarge);
  const auto first = ask("/once", kFirst, body);
  ASSERT_EQ(first.status, 200);
  const auto again = ask("/once", kFirst, body);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.header("Idempotent-Replayed"), "true");
  auto other = body;
  other.back() ^= 1;
  EXPECT_EQ(ask("/once", kFirst, other).status, 422);
  EXPECT_EQ(ask("/once", kFirst, body.substr(1)).status, 422);
  EXPECT_EQ(ask("/once", kFirst, "x").status, 422);
  EXPECT_EQ(recorded("once POST"), 1);
}

TEST_P(LargeRequestKept, IsSentAgainAsAWholeWhenItsWorkerDiesInTheMiddle) {
  start_there(guaranteed_setup("POST /** retry=requeue"));
  const auto reply = ask("/die-reading", kFirst, noise(kLarge));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "read 3000000 in attempt 2");
}

TEST_P(LargeRequestKept, IsNotSentAgainWhereThatCouldDoHarm) {
  start_there(guaranteed_setup());
  EXPECT_EQ(ask("/die-reading", kFirst, noise(kLarge)).status, 502);
  EXPECT_EQ(recorded("die-reading begins"), 1);
}

TEST_F(LargeRequest, IsNeitherInTheRunNorKeptLongerThanNeeded) {
  auto setup = guaranteed_setup();
  setup.retention.interval = 20ms;
  start_with(std::move(setup));
  HttpClient client(port());
  client.send(request_text("POST", "/read-slowly/300", noise(kLarge), named(kFirst)));
  ASSERT_TRUE(comes_to_be_recorded("reads"));
  EXPECT_LT(count("SELECT max(length(request)) FROM runs"), 2'000);
  EXPECT_EQ(count("SELECT sum(length(bytes)) FROM request_pieces"), kLarge);
  EXPECT_LE(count("SELECT max(length(bytes)) FROM request_pieces"), 2 * 65'536);
  EXPECT_EQ(client.read()->status, 200);
  EXPECT_TRUE(comes_to_have_no_pieces()) << "its run has ended";
  EXPECT_EQ(ask("/read-slowly/300", kFirst, noise(kLarge)).header("Idempotent-Replayed"), "true");
  EXPECT_EQ(pieces(), 0) << "who asks again is compared without being written";
}

TEST_F(LargeRequest, ASmallOneCostsNoPiece) {
  start_with(guaranteed_setup());
  const auto body = noise(65'536);
  EXPECT_THAT(ask("/echo", kFirst, body).body, EndsWith("\n--\n" + body));
  EXPECT_EQ(pieces(), 0);
  EXPECT_TRUE(ask("/echo", "one more", body + "x").body.ends_with("\n--\n" + body + "x"));
}

TEST_F(LargeRequest, MayBeAnsweredWhileItIsRead) {
  start(guaranteed_setup());
  const auto body = noise(kLarge);
  const auto reply = ask("/both-ways", kFirst, body);
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(reply.body == body);
}

TEST_F(LargeRequest, MayBeAnsweredWithoutBeingRead) {
  start(guaranteed_setup());
  const auto reply = ask("/refuse-early", kFirst, noise(kLarge));
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(reply.body, "no\n");
}

TEST_F(LargeRequest, MayBeAnsweredThoughItIsNeverRead) {
  start(guaranteed_setup());
  EXPECT_EQ(ask("/no-content", kFirst, noise(kLarge)).status, 204) << "the worker leaves the connection open";
}

TEST_F(LargeRequest, ThatIsTooLargeIsRefusedBeforeItIsSent) {
  auto setup = guaranteed_setup();
  setup.gateway.max_request = Bytes(1'000'000);
  start_with(std::move(setup));
  HttpClient client(port());
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000000\r\nExpect: 100-continue\r\n\r\n");
  const auto refused = client.read();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 413);
  EXPECT_THAT(refused->body, HasSubstr("worker.max_request"));
  HttpClient chunks(port());
  chunks.send(chunked_request("/echo", noise(1'000'001), 200'000));
  const auto late = chunks.read();
  ASSERT_TRUE(late);
  EXPECT_EQ(late->status, 413);
  EXPECT_TRUE(comes_to_have_no_pieces());
  EXPECT_EQ(ask("/digest", kFirst, noise(1'000'000)).status, 200);
}

TEST_F(LargeRequest, IsSentOnceTheClientIsToldToGoOn) {
  start(guaranteed_setup());
  HttpClient client(port());
  client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_head()->status, 100);
  client.send(noise(100'000));
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_TRUE(reply->body.ends_with(noise(100'000)));
  EXPECT_EQ(reply->body.find("Expect"), std::string::npos);
}

TEST_F(LargeRequest, ManyAtOnceAreHeldToALimit) {
  auto setup = guaranteed_setup();
  setup.gateway.max_receiving = Bytes(2'000'000);
  start_with(std::move(setup));
  HttpClient first(port());
  const auto request = request_text("POST", "/digest", noise(1'500'000));
  first.send(request.substr(0, request.size() - 1));
  wait_for_pieces();
  const auto second = ask("/digest", kFirst, noise(600'000));
  EXPECT_EQ(second.status, 503);
  EXPECT_THAT(second.body, HasSubstr("worker.max_receiving"));
  EXPECT_NE(second.header("Retry-After"), "");
  HttpClient chunks(port());
  chunks.send(chunked_request("/digest", noise(900'000), 100'000));
  EXPECT_EQ(chunks.read()->status, 503) << "also when nobody says how long it will be";
  EXPECT_EQ(ask("/digest", "fits", noise(400'000)).status, 200);
  EXPECT_EQ(ask("/digest", "small", noise(60'000)).status, 200) << "what is held in memory does not count";
  first.send(request.substr(request.size() - 1));
  EXPECT_EQ(first.read()->status, 200);
  EXPECT_EQ(ask("/digest", kFirst, noise(600'000)).status, 200);
}

TEST_F(LargeRequest, ThatStopsHalfWayLeavesNothing) {
  start_with(guaranteed_setup());
  const auto request = request_text("POST", "/once", noise(kLarge), named(kFirst));
  for (const bool politely : {true, false}) {
    HttpClient client(port());
    client.send(request.substr(0, 2'000'000));
    wait_for_pieces();
    politely ? client.close_for_sending() : client.reset();
    EXPECT_TRUE(comes_to_have_no_pieces());
  }
  EXPECT_EQ(get("/v1/runs/" + kFirst).status, 404);
  EXPECT_EQ(recorded("once POST"), 0);
  EXPECT_EQ(ask("/once", kFirst, noise(kLarge)).header("Idempotent-Replayed"), "");
}

TEST_F(LargeRequest, ThatIsLongerThanItSaysEndsWhereItSays) {
  start_with(guaranteed_setup());
  const auto body = noise(200'000);
  HttpClient client(port());
  client.send(request_text("POST", "/echo", body, named(kFirst)) + "and garbage\r\n\r\n");
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->body.ends_with("\n--\n" + body));
  EXPECT_EQ(client.read()->status, 400) << "what follows is another request, and none";
}

TEST_F(LargeRequest, ThatBreaksItsChunksIsRefusedAndLeavesNothing) {
  start_with(guaranteed_setup());
  auto request = chunked_request("/once", noise(400'000), 100'000);
  request.replace(request.size() - 5, 5, "no number\r\n");
  HttpClient client(port());
  client.send(request);
  const auto refused = client.read();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 400);
  EXPECT_TRUE(client.closed_by_server());
  EXPECT_TRUE(comes_to_have_no_pieces());
  EXPECT_EQ(recorded("once POST"), 0);
}

TEST_F(LargeRequest, ThatComesTooSlowlyIsRefusedAndLeavesNothing) {
  auto setup = guaranteed_setup();
  setup.gateway.server.body_timeout = 300ms;
  start_with(std::move(setup));
  const auto request = request_text("POST", "/once", noise(kLarge));
  HttpClient silent(port());
  silent.send(request.substr(0, 1'000'000));
  EXPECT_EQ(silent.read()->status, 408);
  EXPECT_TRUE(comes_to_have_no_pieces());
  HttpClient drips(port());
  std::jthread dripping([&](const std::stop_token& stop) {
    for (std::size_t at = 0; !stop.stop_requested() && drips.send(request.substr(at, 1)); ++at) {
      std::this_thread::sleep_for(20ms);
      if (at == 150) at = 149;
    }
  });
  EXPECT_EQ(drips.read()->status, 408) << "one byte now and then is no progress";
}

TEST_F(LargeRequest, IsRefusedWithWordsWhenItCannotBeKept) {
  start_with(guaranteed_setup());
  const auto body = noise(kLarge);
  store_->disk_full.arm(1);
  const auto refused = ask("/once", kFirst, body);
  EXPECT_EQ(refused.status, 503);
  EXPECT_THAT(refused.body, HasSubstr("nothing was started"));
  EXPECT_NE(refused.header("Retry-After"), "");
  EXPECT_TRUE(comes_to_have_no_pieces());
  EXPECT_EQ(recorded("once POST"), 0);
  EXPECT_EQ(ask("/once", kFirst, body).status, 200);
}

TEST_F(LargeRequest, IsThereThoughTheWordOfItsAcceptanceWasLost) {
  start_with(guaranteed_setup());
  const auto body = noise(kLarge);
  store_->lost_ack.arm(1);
  EXPECT_EQ(ask("/both-ways", kFirst, body).status, 503);
  const auto reply = ask("/both-ways", kFirst, body);
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_TRUE(reply.body == body) << "the run was durable, and so its body must be";
}

TEST_F(LargeRequest, WaitsForAJournalThatCannotBeReadForAWhile) {
  start_with(guaranteed_setup());
  const auto body = noise(kLarge);
  HttpClient client(port());
  client.send(request_text("POST", "/read-slowly/300", body, named(kFirst)));
  ASSERT_TRUE(comes_to_be_recorded("reads"));
  store_->fail_body_read.arm(3);
  const auto reply = client.read();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
  EXPECT_TRUE(reply->body == body);
  EXPECT_EQ(store_->fail_body_read.left(), 0);
  EXPECT_EQ(attempts_of(kFirst), 1);
}

TEST_F(LargeRequest, WhoseBytesAreGoneHasFailedAndSaysWhy) {
  auto setup = guaranteed_setup("POST /** retry=requeue");
  setup.workers = 1;
  start_with(std::move(setup));
  HttpClient busy(port());
  busy.send(request_text("POST", "/sleep/500", "x"));
  HttpClient client(port());
  client.send(request_text("POST", "/once", noise(kLarge), named(kFirst)));
  while (get("/v1/runs/" + kFirst).status != 200) std::this_thread::sleep_for(5ms);
  auto connection = journal::Connection::open(directory_ / "journal.db").value();
  ASSERT_TRUE(connection.run("DELETE FROM request_pieces"));
  EXPECT_GE(client.read()->status, 500);
  const auto run = finished_run(kFirst);
  EXPECT_EQ(text_of(run, "status"), "failed");
  EXPECT_EQ(text_of(*find_object(run, "error"), "code"), "data_loss");
  EXPECT_EQ(recorded("once POST"), 0);
  EXPECT_EQ(ask("/chunked", "afterwards").body, "hello") << "its worker is none the worse";
}

TEST_F(LargeRequest, ThatIsCancelledWhileItCannotBeReadIsCancelled) {
  auto setup = guaranteed_setup();
  setup.workers = 1;
  start_with(std::move(setup));
  ASSERT_EQ(ask("/chunked", "so that the worker is there").status, 200);
  store_->fail_body_read.arm(1'000'000);
  HttpClient client(port());
  client.send(request_text("POST", "/once", noise(kLarge), named(kFirst)));
  while (post("/v1/runs/" + kFirst + "/cancel", "").status != 202) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(client.read()->status, 409);
  EXPECT_EQ(ask("/chunked", "afterwards").body, "hello");
  EXPECT_EQ(recorded("once POST"), 0);
}

TEST_F(LargeRequest, ThatWaitsCanBeCancelled) {
  start_with(guaranteed_setup());
  HttpClient client(port());
  client.send(request_text("POST", "/read-slowly/60000", noise(kLarge), named(kFirst)));
  ASSERT_TRUE(comes_to_be_recorded("reads"));
  EXPECT_EQ(post("/v1/runs/" + kFirst + "/cancel", "").status, 202);
  EXPECT_EQ(client.read()->status, 409);
  EXPECT_EQ(ask("/chunked", "afterwards").body, "hello");
}

}  // namespace
}  // namespace holdfast::testing
