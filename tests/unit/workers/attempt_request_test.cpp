#include "workers/attempt_request.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::workers {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

Attempt attempt() {
  Attempt attempt;
  attempt.run_id = "00000000-0000-7000-8000-000000000001";
  attempt.number = 2;
  attempt.route = "POST /analyze";
  attempt.body = R"({"prompt":"x"})";
  return attempt;
}

TEST(AttemptRequestTest, CarriesTheHeadersOfTheProtocol) {
  EXPECT_EQ(request_head(attempt(), 1500ms),
            "POST /analyze HTTP/1.1\r\n"
            "Host: localhost\r\n"
            "Content-Type: application/json\r\n"
            "Content-Length: 14\r\n"
            "Accept: application/vnd.holdfast.events+ndjson, application/json\r\n"
            "Connection: close\r\n"
            "Holdfast-Run-Id: 00000000-0000-7000-8000-000000000001\r\n"
            "Holdfast-Attempt: 2\r\n"
            "Holdfast-Deadline-Ms: 1500\r\n"
            "\r\n");
}

TEST(AttemptRequestTest, HandsTheTraceOn) {
  auto traced = attempt();
  traced.traceparent = "00-ab-cd-01";
  EXPECT_THAT(request_head(traced, 1s), HasSubstr("\r\ntraceparent: 00-ab-cd-01\r\n"));
}

TEST(AttemptRequestTest, TellsAWorkerItsTokenAndWhatIsReservedForIt) {
  auto given = attempt();
  EXPECT_THAT(request_head(given, 1s), Not(HasSubstr("Holdfast-Memory")));
  given.url = "http://127.0.0.1:8000";
  given.token = "hfw_00";
  given.memory_level = "critical";
  given.memory_reserved = Bytes(1024);
  EXPECT_THAT(request_head(given, 1s), HasSubstr("\r\nHoldfast-Url: http://127.0.0.1:8000\r\n"
                                                 "Holdfast-Token: hfw_00\r\n"
                                                 "Holdfast-Memory-Level: critical\r\n"
                                                 "Holdfast-Memory-Reserved-Bytes: 1024\r\n"));
}

TEST(AttemptRequestTest, SaysWhoAsksAndGivesEachThreadAKeyOfItsOwn) {
  auto asked = attempt();
  asked.owner = "auth0|ada";
  asked.thread_id = "t 1";
  EXPECT_THAT(request_head(asked, 1s), HasSubstr("\r\nHoldfast-User: auth0%7Cada\r\n"
                                                 "Holdfast-Thread-Key: auth0%7Cada/t%201\r\n"));
  asked.owner = "a/b";
  asked.thread_id = "c";
  auto other = attempt();
  other.owner = "a";
  other.thread_id = "b/c";
  EXPECT_NE(request_head(asked, 1s), request_head(other, 1s));
  asked.owner = "Ondřej\r\nX-Evil: 1";
  EXPECT_THAT(request_head(asked, 1s), HasSubstr("Holdfast-User: Ond%C5%99ej%0D%0AX-Evil%3A%201\r\n"));
}

TEST(AttemptRequestTest, AHeaderCannotBeSmuggledIn) {
  auto traced = attempt();
  traced.traceparent = "00\r\nX-Evil: 1";
  EXPECT_THAT(request_head(traced, 1s), Not(HasSubstr("Evil")));
}

TEST(AttemptRequestTest, ADeadlineThatHasPassedIsZero) {
  EXPECT_THAT(request_head(attempt(), -5ms), HasSubstr("Holdfast-Deadline-Ms: 0\r\n"));
}

}  // namespace
}  // namespace holdfast::workers
