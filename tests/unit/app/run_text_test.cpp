#include "app/run_text.hpp"

#include <gtest/gtest.h>

namespace holdfast::app {
namespace {

std::string waiting(std::string_view queue, std::int64_t attempt = 1) {
  return waiting_text(*parse_json_object(queue), attempt);
}

TEST(WaitingTextTest, EveryReasonIsToldInWords) {
  EXPECT_EQ(waiting(R"({"position":1,"reason":"workers_starting","estimate_seconds":null})"),
            "the workers are starting; next in the line");
  EXPECT_EQ(waiting(R"({"position":3,"reason":"workers_busy","estimate_seconds":12})"),
            "all workers are busy; 3 in the line, about 12 s");
  EXPECT_EQ(waiting(R"({"position":1,"reason":"workers_failing","detail":"worker command not found: x"})"),
            "the workers fail to start (worker command not found: x); next in the line");
  EXPECT_EQ(waiting(R"({"position":1,"reason":"retry_backoff"})"), "a pause before the next attempt");
  EXPECT_EQ(waiting(R"({"position":1,"reason":"retry_backoff"})", 0), "");
  EXPECT_EQ(waiting(R"({"position":1,"reason":"memory"})"), "it waits for memory; next in the line");
}

TEST(WaitingTextTest, APlaceThatIsNotKnownIsNotInvented) {
  EXPECT_EQ(waiting(R"({"position":null,"reason":"at_another_instance","estimate_seconds":null})"),
            "it waits at another server");
}

TEST(WaitingTextTest, AReasonOfANewerServerIsShownAsItIs) {
  EXPECT_EQ(waiting(R"({"position":2,"reason":"tides","detail":"in 2 h"})"), "tides (in 2 h); 2 in the line");
}

}  // namespace
}  // namespace holdfast::app
