// When a worker counts as ready, and when it no longer does.
#include "tests/contract/workers/pool_fixture.hpp"

namespace holdfast::workers {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Readiness : public PoolFixture {
 protected:
  PoolConfig with_health(const std::string& flags) const {
    auto config = scripted(flags);
    config.health_path = "/healthz";
    return config;
  }
  std::uint64_t starts() const { return pool_->status().workers[0].starts; }
};

TEST_F(Readiness, AHealthPathIsAskedUntilItSaysYes) {
  start(with_health("--sick 3"));
  expect_that_work_goes_on();
  EXPECT_EQ(starts(), 1U);
}

TEST_F(Readiness, OneThatNeverSaysYesIsNotReadyAndItsAnswerIsNamed) {
  auto config = with_health("--sick 1000000");
  config.start_timeout = 300ms;
  start(config);
  EXPECT_TRUE(until([&] { return starts() == 2; }));
  EXPECT_EQ(pool_->status().ready, 0);
  EXPECT_THAT(pool_->status().last_failure, HasSubstr("was not ready in time: answered 503 at /healthz"));
}

TEST_F(Readiness, ASickStartIsFollowedByAGoodOne) {
  auto config = scripted_once("--sick 1000000");
  config.health_path = "/healthz";
  config.start_timeout = 300ms;
  start(config);
  expect_that_work_goes_on();
  EXPECT_GE(starts(), 2U);
}

TEST_F(Readiness, APortInTheEnvironmentIsEnough) {
  auto config = scripted("");
  config.command = HOLDFAST_SCRIPTED_WORKER;
  config.told_by = ToldBy::port_variable;
  ASSERT_TRUE(check(config));
  start(config);
  expect_that_work_goes_on();
}

class Liveness : public Readiness, public testing::WithParamInterface<std::string> {};

TEST_P(Liveness, AnIdleWorkerThatDoesNotAnswerAnyMoreIsReplaced) {
  auto config = scripted_once(GetParam());
  if (GetParam() == "--ill") config.health_path = "/healthz";
  config.liveness = 20ms;
  start(config);
  EXPECT_TRUE(answered(serve("hello")));
  EXPECT_TRUE(until([&] { return starts() == 2 && pool_->status().ready == 1; }));
  EXPECT_THAT(pool_->status().last_failure, HasSubstr("does not answer any more while idle: "));
  expect_that_work_goes_on();
}

INSTANTIATE_TEST_SUITE_P(Habits, Liveness, testing::Values("--deaf", "--ill"),
                         [](const auto& info) { return info.param.substr(2); });

TEST_F(Readiness, WithoutLooksItIsFoundByTheNextRun) {
  auto config = scripted_once("--deaf");
  config.liveness = 0ms;
  start(config);
  EXPECT_TRUE(answered(serve("hello")));
  pass(200ms);
  EXPECT_EQ(starts(), 1U);
  ASSERT_NE(lost(serve("hello")), nullptr);
  expect_that_work_goes_on();
}

TEST_F(Readiness, ABusyWorkerIsNotLookedAt) {
  auto config = scripted("--sleep-ms 500");
  config.health_path = "/healthz";
  config.liveness = 20ms;
  start(config);
  EXPECT_TRUE(answered(serve("hello")));
  EXPECT_EQ(starts(), 1U);
}

}  // namespace
}  // namespace holdfast::workers
