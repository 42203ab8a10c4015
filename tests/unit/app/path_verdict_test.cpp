#include "app/doctor/path_verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::app {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr SilenceSettings kShipped{5s, 10s, 25s};

PathMeasurements measured() {
  PathMeasurements all;
  all.server = "Holdfast at example.org:443";
  all.held = {{8s, 8010ms, 200}, {29s, 29010ms, 200}, {65s, 65020ms, 200}};
  all.stream = PacedStream{200, "text/event-stream", "", {20ms, 1020ms, 2020ms, 3020ms, 4020ms}, 5, true};
  all.headers = SeenHeaders{};
  return all;
}

Finding finding_of(const PathMeasurements& all, std::string_view subject, const SilenceSettings& silence = kShipped) {
  for (auto& finding : judge_path(all, silence)) {
    if (finding.subject == subject) return finding;
  }
  return {Health::bad, "", "there is no such finding", ""};
}

TEST(PathVerdict, AClearPathIsGoodThroughout) {
  for (const auto& finding : judge_path(measured(), kShipped)) {
    EXPECT_EQ(finding.health, Health::good) << finding.text;
    EXPECT_THAT(finding.advice, IsEmpty());
  }
}

TEST(PathVerdict, ACutAboveOurSilencesIsWorthKnowing) {
  auto all = measured();
  all.held.back() = {65s, 30080ms, 504};
  const auto finding = finding_of(all, "silence");
  EXPECT_EQ(finding.health, Health::note);
  EXPECT_THAT(finding.text, HasSubstr("30.1 s"));
  EXPECT_THAT(finding.text, HasSubstr("status 504"));
  EXPECT_THAT(finding.text, HasSubstr("29 s came through"));
}

TEST(PathVerdict, ACutBelowThemNamesTheSettingsAndAValue) {
  auto all = measured();
  all.held = {{8s, 8s, 200}, {15s, 10s, 0}, {29s, 10s, 0}};
  const auto finding = finding_of(all, "silence");
  EXPECT_EQ(finding.health, Health::bad);
  EXPECT_THAT(finding.advice, HasSubstr("server.heartbeat (10s) and server.max_wait (25s) to 8 s"));
  EXPECT_EQ(finding.advice.find("server.hold"), std::string::npos);
  EXPECT_EQ(finding_of(all, "silence", {5s, 5s, 8s}).health, Health::note);
}

TEST(PathVerdict, AStreamThatComesTogetherIsHeldBack) {
  auto all = measured();
  all.stream->arrivals = {4030ms};
  EXPECT_EQ(finding_of(all, "streams").health, Health::warning);
  EXPECT_THAT(finding_of(all, "streams").advice, HasSubstr("proxy_buffering off"));
  all.stream->content_encoding = "gzip";
  EXPECT_THAT(finding_of(all, "streams").advice, HasSubstr("compression (gzip)"));
  all.stream->arrivals.clear();
  EXPECT_EQ(finding_of(all, "streams").health, Health::warning);
}

TEST(PathVerdict, AStreamThatIsRefusedOrCutIsTold) {
  auto all = measured();
  all.stream->complete = false;
  EXPECT_EQ(finding_of(all, "streams").health, Health::warning);
  all.stream->status = 503;
  EXPECT_EQ(finding_of(all, "streams").health, Health::bad);
}

TEST(PathVerdict, LostHeadersAreNamed) {
  auto all = measured();
  all.headers = SeenHeaders{{"Last-Event-ID"}, false};
  EXPECT_EQ(finding_of(all, "headers").health, Health::warning);
  EXPECT_THAT(finding_of(all, "headers").text, HasSubstr("Last-Event-ID, ETag"));
}

}  // namespace
}  // namespace holdfast::app
