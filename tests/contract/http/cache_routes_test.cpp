// The result cache as clients and operators see it, and what else GET /health/memory tells of the governor.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/contract/http/api_key_fixture.hpp"

namespace holdfast::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kClear = "/admin/clear-cache";

GatewaySetup sharing_setup() {
  auto setup = quick_setup("--report");
  setup.cache.off_because.clear();
  return setup;
}

class CacheContract : public ApiKeyContract {
 protected:
  static std::string question(const std::string& id) {
    return fmt::format(R"({{"prompt":"How many?","run_id":"{0}","thread_id":"{0}"}})", id);
  }

  /// The run that answered, as /v1/runs tells it; empty when it was this one.
  std::string source_of(const std::string& id) {
    const auto run = finished_run(id);
    EXPECT_EQ(text_of(run, "status"), "completed");
    const auto* cache = find_object(run.at("usage").as_object(), "cache");
    if (cache == nullptr) return "";
    EXPECT_EQ(cache->at("hit"), true);
    return text_of(*cache, "from");
  }

  json::object cache_info() {
    const auto memory = object_of(get("/health/memory"));
    return memory.at("cache_info").as_object();
  }

  std::string first_ = RunId::make().text();
  std::string second_ = RunId::make().text();
};

TEST_F(CacheContract, AKeptAnswerComesAsARunOfItsOwn) {
  start(sharing_setup());
  const auto computed = post("/analyze", question(first_));
  ASSERT_EQ(computed.status, 200) << computed.body;
  const auto given = post("/analyze", question(second_));
  ASSERT_EQ(given.status, 200) << given.body;
  const auto body = object_of(given);
  EXPECT_EQ(text_of(body, "run_id"), second_);
  EXPECT_EQ(text_of(body, "result"), text_of(object_of(computed), "result"));
  EXPECT_EQ(text_of(body, "server_status"), text_of(object_of(computed), "server_status"));
  EXPECT_EQ(source_of(second_), first_);
  const auto timeline = get("/v1/runs/" + second_ + "/timeline");
  EXPECT_THAT(timeline.body, HasSubstr(R"("cached_from":")" + first_));
  EXPECT_THAT(get("/v1/runs/" + second_ + "/events").body, HasSubstr("event: done"));
  EXPECT_EQ(post("/v1/runs/" + second_ + "/ack", "").status, 204);
  const auto again = post("/analyze", question(second_));
  EXPECT_EQ(again.header("Idempotent-Replayed"), "true");
}

TEST_F(CacheContract, AStreamOfAKeptAnswerEndsWithTheAnswer) {
  start(sharing_setup());
  post("/analyze", question(first_));
  const auto stream = post("/analyze", question(second_), {{"Accept", "text/event-stream"}});
  EXPECT_EQ(stream.status, 200);
  EXPECT_THAT(stream.body, HasSubstr(R"("type":"final")"));
  EXPECT_EQ(source_of(second_), first_);
}

TEST_F(CacheContract, WhoWantsANewAnswerSaysSo) {
  start(sharing_setup());
  post("/analyze", question(first_));
  post("/analyze", question(second_), {{"Cache-Control", "max-age=0, No-Cache"}});
  EXPECT_EQ(source_of(second_), "");
}

TEST_F(CacheContract, OperatorsSeeWhatItDoes) {
  start(sharing_setup());
  post("/analyze", question(first_));
  post("/analyze", question(second_));
  const auto info = cache_info();
  EXPECT_EQ(info.at("enabled"), true);
  EXPECT_TRUE(info.at("off_because").is_null());
  EXPECT_EQ(info.at("entries"), 1);
  EXPECT_EQ(info.at("hits"), 1);
  EXPECT_EQ(info.at("misses"), 1);
  EXPECT_EQ(info.at("hit_rate"), 0.5);
  EXPECT_GT(info.at("bytes").as_int64(), 100);
  EXPECT_EQ(info.at("budget_bytes"), 16 * 1024 * 1024);
  const auto metrics = get("/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("\nholdfast_cache_hits_total 1\n"));
  EXPECT_THAT(metrics, HasSubstr("\nholdfast_cache_entries 1\n"));
}

TEST_F(CacheContract, OffItSaysWhyAndHasNoMetrics) {
  auto setup = quick_setup();
  setup.cache.off_because = "cache.mode is off";
  start(std::move(setup));
  EXPECT_EQ(cache_info().at("enabled"), false);
  EXPECT_EQ(text_of(cache_info(), "off_because"), "cache.mode is off");
  EXPECT_TRUE(cache_info().at("hit_rate").is_null());
  EXPECT_THAT(get("/metrics").body, Not(HasSubstr("holdfast_cache")));
  EXPECT_EQ(object_of(post(kClear, "")).at("entries"), 0);
}

TEST_F(CacheContract, AfterClearingTheAnswerIsComputedAgain) {
  start(sharing_setup());
  post("/analyze", question(first_));
  const auto cleared = post(kClear, "");
  ASSERT_EQ(cleared.status, 200) << cleared.body;
  EXPECT_EQ(object_of(cleared).at("entries"), 1);
  EXPECT_GT(object_of(cleared).at("returned_bytes").as_int64(), 100);
  EXPECT_EQ(object_of(post(kClear, "")).at("entries"), 0);
  post("/analyze", question(second_));
  EXPECT_EQ(source_of(second_), "");
}

TEST_F(CacheContract, OnlyAnAdministratorClears) {
  start_with_keys(sharing_setup());
  EXPECT_EQ(post(kClear, "").status, 401);
  EXPECT_EQ(post_as("ada", kClear).status, 403);
  EXPECT_EQ(post_as("root", kClear).status, 200);
  EXPECT_EQ(get_as("root", kClear).status, 405);
}

TEST_F(CacheContract, NobodySeesTheAnswerOfAnotherUser) {
  start_with_keys(sharing_setup());
  ASSERT_EQ(post_as("ada", "/analyze", question(first_)).status, 200);
  ASSERT_EQ(post_as("bob", "/analyze", question(second_)).status, 200);
  const auto run = object_of(get_as("bob", "/v1/runs/" + second_));
  EXPECT_EQ(text_of(run.at("result").as_object(), "user"), "bob");
  EXPECT_FALSE(run.at("usage").as_object().contains("cache"));
}

TEST_F(CacheContract, HealthTellsWhatTheGovernorExpectsAndPromised) {
  governor::GovernorStatus status;
  governor::RouteStatus route;
  route.route = "POST /analyze";
  route.runs = 70;
  route.predicted = Bytes(2000);
  route.measured = true;
  route.trend = {.verdict = memory::GrowthVerdict::leak, .slope = 100.5};
  route.time_to_limit = std::chrono::seconds(60);
  status.routes.push_back(route);
  status.admission.running = 1;
  status.admission.reserved = Bytes(900);
  status.admission.unconsumed = Bytes(450);
  status.admission.head_waits = governor::Waiting{governor::WaitReason::memory, Bytes(300), Bytes(200)};
  auto setup = quick_setup();
  setup.gateway.governor = &status;
  start(std::move(setup));
  const auto memory = object_of(get("/health/memory"));
  const auto& told = memory.at("routes").at(0).as_object();
  EXPECT_EQ(text_of(told, "verdict"), "leak");
  EXPECT_EQ(told.at("predicted_bytes"), 2000);
  EXPECT_EQ(told.at("slope_bytes_per_run"), 100.5);
  EXPECT_TRUE(told.at("slope_low").is_null());
  EXPECT_EQ(told.at("seconds_to_limit"), 60);
  const auto& admission = memory.at("admission").as_object();
  EXPECT_EQ(admission.at("reserved_bytes"), 900);
  EXPECT_EQ(admission.at("unconsumed_bytes"), 450);
  EXPECT_EQ(admission.at("head_waits").at("needed_bytes"), 300);
  stop();
}

}  // namespace
}  // namespace holdfast::testing
