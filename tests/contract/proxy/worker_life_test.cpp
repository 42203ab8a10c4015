// Which worker a request goes to, and what becomes of it when that one starts, is replaced, dies, or the server stops.
#include <future>
#include <set>

#include "tests/contract/proxy/proxy_fixture.hpp"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;

class PassedToAWorker : public ProxyFixture {
 protected:
  std::future<HttpReply> ask(const std::string& path) {
    return std::async(std::launch::async, [this, path] { return get(path); });
  }
  void recycle(bool new_first) {
    post_to_gateway([this, new_first] { pool().recycle(1, new_first); });
  }
};

TEST_F(PassedToAWorker, RequestsAreSpreadOverIdleOnes) {
  auto setup = passing_setup();
  setup.workers = 2;
  start(std::move(setup));
  EXPECT_EQ(get("/echo").status, 200);
  std::this_thread::sleep_for(1s);
  std::vector<std::future<HttpReply>> replies;
  for (int i = 0; i < 8; ++i) replies.push_back(ask("/sleep/300"));
  std::set<std::string> processes;
  for (auto& reply : replies) processes.insert(reply.get().body);
  EXPECT_EQ(processes.size(), 2U);
}

TEST_F(PassedToAWorker, OneWorkerTakesManyAtOnce) {
  start(passing_setup());
  EXPECT_EQ(get("/echo").status, 200);
  const auto began = std::chrono::steady_clock::now();
  std::vector<std::future<HttpReply>> replies;
  for (int i = 0; i < 8; ++i) replies.push_back(ask("/sleep/500"));
  for (auto& reply : replies) EXPECT_EQ(reply.get().status, 200);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
}

TEST_F(PassedToAWorker, OneThatStartsIsWaitedFor) {
  start(passing_setup("--start-ms 500"));
  EXPECT_EQ(get("/echo").status, 200);
}

TEST_F(PassedToAWorker, OneThatDoesNotStartIsNotWaitedForLong) {
  auto setup = passing_setup("--start-ms 20000");
  setup.gateway.pass_through.worker_wait = 200ms;
  start(std::move(setup));
  const auto reply = get("/echo");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.header("Retry-After"), "1");
  EXPECT_THAT(reply.body, HasSubstr("worker.start_timeout"));
  EXPECT_EQ(failures("no_worker"), "1");
}

TEST_F(PassedToAWorker, MoreAtOnceThanAllowedAreRefused) {
  auto setup = passing_setup();
  setup.gateway.pass_through.most = 1;
  start(std::move(setup));
  HttpClient first(port());
  first.send(request_text("GET", "/silent"));
  ASSERT_TRUE(comes_to_be_recorded("silent begins"));
  const auto reply = get("/echo");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.header("Retry-After"), "1");
  EXPECT_EQ(failures("too_many"), "1");
}

TEST_F(PassedToAWorker, AReplacedOneEndsItsRequestsAndGetsNoNewOnes) {
  start(passing_setup());
  const auto before = get("/sleep/0").body;
  auto running = ask("/sleep/1500");
  std::this_thread::sleep_for(200ms);
  recycle(false);
  auto next = ask("/sleep/0");
  EXPECT_EQ(running.get().body, before);
  const auto after = next.get();
  EXPECT_EQ(after.status, 200);
  EXPECT_NE(after.body, before);
}

TEST_F(PassedToAWorker, AReplacedOneWaitsForTheGracePeriodAtMost) {
  auto setup = passing_setup();
  setup.grace_period = 300ms;
  start(std::move(setup));
  const auto before = get("/sleep/0").body;
  // A GET would be tried again at the next process.
  auto running = std::async(std::launch::async, [this] { return post("/sleep/10000", ""); });
  std::this_thread::sleep_for(200ms);
  recycle(false);
  EXPECT_EQ(running.get().status, 502);
  EXPECT_NE(get("/sleep/0").body, before);
}

TEST_F(PassedToAWorker, WithItsSuccessorReadyNobodyWaits) {
  start(passing_setup());
  const auto before = get("/sleep/0").body;
  auto running = ask("/sleep/2000");
  std::this_thread::sleep_for(200ms);
  recycle(true);
  for (int tries = 0; tries < 100 && get("/sleep/0").body == before; ++tries) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(running.wait_for(0s), std::future_status::timeout);
  EXPECT_EQ(running.get().body, before);
}

TEST_F(PassedToAWorker, ADeathBeforeTheAnswerIsABadGateway) {
  start(passing_setup());
  const auto reply = get("/die");
  EXPECT_EQ(reply.status, 502);
  // Until its death is seen, others may be sent to it too.
  int status = 0;
  for (int i = 0; i < 500 && status != 200; ++i) {
    status = get("/echo").status;
    if (status != 200) std::this_thread::sleep_for(20ms);
  }
  EXPECT_EQ(status, 200) << "by the next process";
}

TEST_F(PassedToAWorker, OneThatTakesNoMoreConnectionsBeforeItsEndIsWaitedOut) {
  start(passing_setup());
  const auto before = get("/leave/1500").body;
  const auto after = post("/sleep/0", "");
  EXPECT_EQ(after.status, 200) << after.body;
  EXPECT_NE(after.body, before);
  EXPECT_EQ(failures("unreachable"), "0");
}

TEST_F(PassedToAWorker, OneThatNeitherTakesConnectionsNorEndsIsNotWaitedForLong) {
  auto setup = passing_setup();
  setup.gateway.pass_through.worker_wait = 4s;
  start(std::move(setup));
  EXPECT_EQ(get("/leave/60000").status, 200);
  const auto reply = get("/echo");
  EXPECT_EQ(reply.status, 502);
  EXPECT_THAT(reply.body, HasSubstr("could not be reached"));
  EXPECT_EQ(failures("unreachable"), "1");
}

TEST_F(PassedToAWorker, ARunAndPassedRequestsShareAWorker) {
  start(passing_setup());
  // The upstream answers with what a run's result may be: anything but JSON fails the run, but it is answered.
  const auto run = post("/analyze", R"({"prompt":"x","thread_id":"t"})");
  EXPECT_EQ(run.header("Holdfast-Run-Id").empty(), false);
  EXPECT_EQ(get("/echo").status, 200);
}

TEST_F(PassedToAWorker, ADrainWaitsForWhatIsUnderWay) {
  start(passing_setup());
  EXPECT_EQ(get("/echo").status, 200);
  auto running = ask("/sleep/1000");
  std::this_thread::sleep_for(200ms);
  stop(10s);
  EXPECT_EQ(running.get().status, 200);
}

TEST_F(PassedToAWorker, AfterTheDrainTheyAreCut) {
  start(passing_setup());
  EXPECT_EQ(get("/echo").status, 200);
  auto running = ask("/sleep/20000");
  std::this_thread::sleep_for(200ms);
  stop(300ms);
  EXPECT_EQ(running.get().status, 503);
}

}  // namespace
}  // namespace holdfast::testing
