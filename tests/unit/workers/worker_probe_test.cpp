#include "workers/worker_probe.hpp"

#include <gtest/gtest.h>

namespace holdfast::workers {
namespace {

TEST(StatusOfTest, TheStatusIsThreeDigitsAfterTheVersion) {
  EXPECT_EQ(status_of("HTTP/1.1 204 No Content\r"), 204);
  EXPECT_EQ(status_of("HTTP/1.0 503\r"), 503);
  EXPECT_EQ(status_of("HTTP/1.1 200"), 200);
}

TEST(StatusOfTest, AnythingElseIsNoStatus) {
  for (const auto* line : {"", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 20", "HTTP/1.1 2000 x", "HTTP/1.1  200 OK",
                           "HTTP/1.1 -20 OK", "HTTP/1.1 +20 OK", "HTTP/1.1 099 x", "HTTP/2 200", "http/1.1 200 OK",
                           "HTTP/1.1 2x0 OK", "HTTP/1.12200 OK", "hello"}) {
    EXPECT_EQ(status_of(line), std::nullopt) << line;
  }
}

}  // namespace
}  // namespace holdfast::workers
