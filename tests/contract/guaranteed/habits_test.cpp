// Bad habits of a backend on a guaranteed route, beside those of answers_test.cpp and loss_test.cpp: whatever it does,
// a request has one end, and the next one is served.
#include "tests/contract/guaranteed/guaranteed_fixture.hpp"

namespace holdfast::testing {
namespace {

using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::HasSubstr;

class GuaranteedHabit : public GuaranteedFixture {
 protected:
  [[nodiscard]] GatewaySetup setup_with(const std::string& flags, const std::string& route = "POST /**") const {
    auto setup = passing_setup(flags);
    setup.grace_period = 100ms;
    setup.gateway.guaranteed = {gateway::parse_guaranteed_route(route).value()};
    return setup;
  }

  void expect_that_work_goes_on() const {
    const auto reply = ask("/chunked", "afterwards");
    EXPECT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(reply.body, "hello");
  }
};

TEST_F(GuaranteedHabit, AnAnswerAfterTheDeadlineIsNobodysAnswer) {
  auto setup = setup_with("");
  setup.run_deadline = 300ms;
  start(std::move(setup));
  EXPECT_EQ(ask("/sleep/900", kFirst).status, 504);
  EXPECT_EQ(text_of(finished_run(kFirst), "status"), "expired");
  for (int i = 0; i < 12; ++i) {
    EXPECT_EQ(ask("/chunked", "next " + std::to_string(i)).body, "hello");
    std::this_thread::sleep_for(100ms);
  }
  EXPECT_EQ(ask("/sleep/900", kFirst).status, 504) << "and it stays so";
}

TEST_F(GuaranteedHabit, OneThatIgnoresACancelAndSigtermIsReplaced) {
  start(setup_with("--ignore-sigterm"));
  const auto before = ask("/sleep/0", "before").body;
  HttpClient client(port());
  client.send(request_text("POST", "/sleep/600000", "x", named(kFirst)));
  while (post("/v1/runs/" + kFirst + "/cancel", "").status != 202) {
  }
  EXPECT_EQ(client.read()->status, 409);
  const auto after = ask("/sleep/0", "after");
  EXPECT_EQ(after.status, 200);
  EXPECT_NE(after.body, before);
}

TEST_F(GuaranteedHabit, OneThatLeaksDescriptorsIsReplacedWhenItHasNoneLeft) {
  auto setup = setup_with("");
  setup.limits.open_files = 64;
  setup.run_deadline = 2s;
  setup.liveness = 100ms;
  start(std::move(setup));
  int answered = 0;
  int lost = 0;
  for (int i = 0; i < 10 && lost == 0; ++i) {
    (ask("/leak/12", "leak " + std::to_string(i)).status == 200 ? answered : lost) += 1;
  }
  EXPECT_GT(answered, 0);
  EXPECT_EQ(lost, 1);
  expect_that_work_goes_on();
}

TEST_F(GuaranteedHabit, OneThatForksAndExitsHasAWholeAnswerOrNone) {
  start(setup_with(""));
  const auto reply = ask("/fork-and-exit", kFirst);
  EXPECT_THAT(reply.status, AnyOf(Eq(200), Eq(502)));
  EXPECT_TRUE(reply.complete);
  if (reply.status == 200) EXPECT_EQ(reply.body, "from the child");
  EXPECT_EQ(ask("/fork-and-exit", kFirst).body, reply.body);
  expect_that_work_goes_on();
}

TEST_F(GuaranteedHabit, OneThatClosesIdleConnectionsLosesNothing) {
  start(setup_with("--idle-ms 3"));
  for (int i = 0; i < 60; ++i) {
    // A passed one leaves a connection behind.
    EXPECT_EQ(get("/echo").status, 200);
    std::this_thread::sleep_for(std::chrono::milliseconds(i % 6));
    EXPECT_EQ(ask("/once", "key " + std::to_string(i)).status, 200);
  }
  EXPECT_EQ(recorded("once POST"), 60);
}

TEST_F(GuaranteedHabit, OneThatSendsTenGigabytesIsStoppedAtTheLimit) {
  auto setup = setup_with("");
  setup.max_answer = Bytes(1'000'000);
  start(std::move(setup));
  const auto reply = ask("/bytes/10000000000", kFirst);
  EXPECT_EQ(reply.status, 502);
  EXPECT_THAT(reply.body, HasSubstr("worker.max_answer"));
  expect_that_work_goes_on();
}

// Two requests in one process, of which one ends it: nobody knows which, and the other may have done its work.
class GuaranteedCompany : public GuaranteedHabit {
 protected:
  void start_in_company(const std::string& route) {
    auto setup = setup_with("", route);
    setup.concurrency = 2;
    start(std::move(setup));
    ASSERT_EQ(ask("/chunked", "so that the worker is there").status, 200);
  }

  /// The replies to the one that has begun, and to the one that ends its process.
  std::pair<HttpReply, HttpReply> both() {
    HttpClient bystander(port());
    bystander.send(request_text("POST", "/sleep/1000", "x", named(kFirst)));
    while (text_of(object_of(get("/v1/runs/" + kFirst)), "status") != "running") std::this_thread::sleep_for(5ms);
    std::this_thread::sleep_for(200ms);
    auto culprit = ask("/die", kSecond);
    return {bystander.read().value_or(HttpReply()), std::move(culprit)};
  }

  const std::string kSecond = "01890a5d-ac96-774b-bcce-b302099a8058";
};

TEST_F(GuaranteedCompany, WhoMayNotBeRepeatedFailsWithTheOneThatEndedTheProcess) {
  start_in_company("POST /**");
  const auto [bystander, culprit] = both();
  EXPECT_EQ(culprit.status, 502);
  EXPECT_EQ(bystander.status, 502);
  EXPECT_THAT(bystander.body, HasSubstr("may have begun"));
  EXPECT_THAT(bystander.body, HasSubstr("served other runs too"));
  for (const auto& id : {kFirst, kSecond}) {
    const auto run = finished_run(id);
    EXPECT_EQ(text_of(run, "status"), "failed");
    EXPECT_EQ(attempts_of(id), 1);
    const auto evidence = find_object(*find_object(run, "error"), "evidence");
    ASSERT_NE(evidence, nullptr);
    EXPECT_EQ(find_int(*evidence, "crashes"), 0) << "nobody knows whose crash it was";
  }
  EXPECT_EQ(ask("/sleep/1000", kFirst).body, bystander.body) << "and it is not tried again";
  expect_that_work_goes_on();
}

TEST_F(GuaranteedCompany, WhoMayBeRepeatedIsAnsweredByTheNext) {
  start_in_company("POST /** retry=requeue");
  const auto [bystander, culprit] = both();
  EXPECT_EQ(bystander.status, 200);
  EXPECT_THAT(bystander.body, HasSubstr("slept in"));
  EXPECT_EQ(culprit.status, 502) << "it ended every process that it was alone in";
  EXPECT_EQ(attempts_of(kFirst), 2);
  expect_that_work_goes_on();
}

}  // namespace
}  // namespace holdfast::testing
