// Habits of backends that show over time or between two requests.
#include "tests/contract/proxy/proxy_fixture.hpp"

namespace holdfast::testing {
namespace {

using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::HasSubstr;

class PassedHabit : public ProxyFixture {
 protected:
  /// Until its end is seen, others may be sent to a worker that is on its way out.
  void expect_that_work_goes_on() const {
    int status = 0;
    for (int tries = 0; tries < 500 && status != 200; ++tries) {
      status = get("/echo").status;
      if (status != 200) std::this_thread::sleep_for(20ms);
    }
    EXPECT_EQ(status, 200);
  }
};

TEST_F(PassedHabit, OneThatClosesIdleConnectionsLosesNothing) {
  start(passing_setup("--idle-ms 3"));
  EXPECT_EQ(get("/echo").status, 200);
  // Around the moment at which the worker closes.
  for (int i = 0; i < 300; ++i) {
    std::this_thread::sleep_for(std::chrono::microseconds(2'000 + i % 20 * 100));
    EXPECT_EQ(post("/count", "x").status, 200) << i;
    std::this_thread::sleep_for(std::chrono::microseconds(2'000 + i % 20 * 100));
    EXPECT_EQ(get("/echo").status, 200) << i;
  }
  EXPECT_EQ(recorded("count POST"), 300) << "and does nothing twice";
}

TEST_F(PassedHabit, AnAnswerAfterTheTimeoutIsNobodysAnswer) {
  auto setup = passing_setup();
  setup.gateway.pass_through.timeout = 300ms;
  start(std::move(setup));
  HttpClient client(port());
  EXPECT_EQ(client.ask("GET", "/sleep/900")->status, 504);
  for (int i = 0; i < 12; ++i) {
    const auto target = "/echo/" + std::to_string(i);
    EXPECT_THAT(client.ask("GET", target)->body, HasSubstr("GET " + target + " "));
    std::this_thread::sleep_for(100ms);
  }
}

TEST_F(PassedHabit, OneThatLeaksDescriptorsIsReplacedWhenItHasNoneLeft) {
  auto setup = passing_setup();
  setup.limits.open_files = 64;
  // The kernel takes connections for a server that does not: only an answer tells.
  setup.health_path = "/empty";
  setup.liveness = 100ms;
  setup.gateway.pass_through.timeout = 500ms;
  start(std::move(setup));
  int answered = 0;
  while (answered < 20 && post("/leak/12", "").status == 200) ++answered;
  EXPECT_GT(answered, 0);
  EXPECT_LT(answered, 20) << "there was none left";
  // Three looks of 5 s; while requests are at a worker it is not looked at.
  const std::string starts = "holdfast_worker_starts_total{worker=\"1\"}";
  for (int tries = 0; tries < 600 && metric_of(starts) == "1"; ++tries) std::this_thread::sleep_for(100ms);
  EXPECT_EQ(post("/leak/1", "").body, "1") << "by another process";
}

TEST_F(PassedHabit, OneThatForksAndExitsHasAWholeAnswerOrNone) {
  start(passing_setup());
  const auto reply = post("/fork-and-exit", "");
  EXPECT_THAT(reply.status, AnyOf(Eq(200), Eq(502)));
  EXPECT_TRUE(reply.complete);
  if (reply.status == 200) EXPECT_EQ(reply.body, "from the child");
  expect_that_work_goes_on();
}

TEST_F(PassedHabit, OneThatIgnoresSigtermIsReplacedAllTheSame) {
  auto setup = passing_setup("--ignore-sigterm");
  setup.grace_period = 300ms;
  start(std::move(setup));
  const auto before = get("/sleep/0").body;
  HttpClient client(port());
  client.send(request_text("POST", "/sleep/600000", "x"));
  std::this_thread::sleep_for(200ms);
  post_to_gateway([this] { pool().recycle(1, false); });
  EXPECT_EQ(client.read()->status, 502);
  expect_that_work_goes_on();
  EXPECT_NE(get("/sleep/0").body, before);
}

TEST_F(PassedHabit, OneThatDoesNotNoticeThatItsClientHasGoneServesTheNext) {
  start(passing_setup("--ignore-sigterm"));
  for (int i = 0; i < 20; ++i) {
    HttpClient client(port());
    client.send(request_text("GET", "/sleep/600000"));
    client.close();
    EXPECT_THAT(get("/echo").body, HasSubstr("GET /echo"));
  }
}

TEST_F(PassedHabit, OneThatSendsTwiceIsReadOnce) {
  start(passing_setup());
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(post("/trailing", "x").body, "hello");
    EXPECT_THAT(post("/echo", "x").body, HasSubstr("POST /echo"));
  }
}

}  // namespace
}  // namespace holdfast::testing
