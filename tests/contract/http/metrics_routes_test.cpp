// GET /metrics: who may scrape, and what comes back.
#include <gmock/gmock.h>

#include "tests/contract/http/api_key_fixture.hpp"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kMetricsPath = "/metrics";

class MetricsContract : public GatewayFixture {};

TEST_F(MetricsContract, AnswersInTheTextFormatOfPrometheus) {
  start(quick_setup());
  const auto reply = get(kMetricsPath);
  ASSERT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("Content-Type"), "text/plain; version=0.0.4");
  EXPECT_THAT(reply.body, HasSubstr("\n# TYPE holdfast_http_requests_total counter\nholdfast_http_requests_total 1\n"));
  EXPECT_THAT(reply.body, HasSubstr("\nholdfast_memory_level{level=\"normal\"} 1\n"));
  EXPECT_TRUE(reply.body.ends_with('\n'));
  EXPECT_EQ(post(kMetricsPath, "").status, 405);
}

TEST_F(MetricsContract, CountsTheRunsThatEnd) {
  start(quick_setup());
  start_run(kId);
  finished_run(kId);
  EXPECT_THAT(get(kMetricsPath).body, HasSubstr("\nholdfast_runs_ended_total{status=\"completed\"} 1\n"));
}

TEST_F(MetricsContract, WithoutAGovernorItsMetricsAreAbsent) {
  start(quick_setup());
  EXPECT_THAT(get(kMetricsPath).body, Not(HasSubstr("holdfast_admission")));
}

TEST_F(MetricsContract, TellsWhatTheGovernorCounts) {
  governor::GovernorStatus status;
  status.kernel_kills = 3;
  auto setup = quick_setup();
  setup.gateway.governor = &status;
  start(std::move(setup));
  EXPECT_THAT(get(kMetricsPath).body, HasSubstr("\nholdfast_worker_kernel_kills_total 3\n"));
  stop();
}

TEST_F(ApiKeyContract, WithALoginMetricsTakeAnyKeyAndNobodyWithoutOne) {
  start_with_keys(quick_setup());
  EXPECT_EQ(get(kMetricsPath).status, 401);
  EXPECT_EQ(get(kMetricsPath, bearer("hf_0")).status, 401);
  EXPECT_EQ(get_as("bob", kMetricsPath).status, 200);
}

TEST_F(ApiKeyContract, MetricsNameNoUserNoThreadAndNoRun) {
  start_with_keys(quick_setup());
  ask_as_ada();
  wait_for_the_answer();
  const auto reply = get_as("bob", kMetricsPath);
  ASSERT_THAT(reply.body, HasSubstr("status=\"completed\"} 1\n"));
  for (const auto& secret : {std::string("\"ada"), std::string("\"t1"), kId, std::string("secrets")}) {
    EXPECT_THAT(reply.body, Not(HasSubstr(secret)));
  }
}

}  // namespace
}  // namespace holdfast::testing
