#include "gateway/origin_guard.hpp"

#include <gtest/gtest.h>

namespace holdfast::gateway {
namespace {

struct Case {
  const char* method;
  std::optional<std::string_view> host;
  std::optional<std::string_view> origin;
  std::optional<std::string_view> site;
  OriginVerdict verdict;
};

constexpr auto kAllowed = OriginVerdict::allowed;
constexpr auto kWrongHost = OriginVerdict::wrong_host;
constexpr auto kCrossSite = OriginVerdict::cross_site;
constexpr auto kNone = std::nullopt;

const Case kCases[] = {
    // A program without a browser's headers.
    {"POST", "localhost:8000", kNone, kNone, kAllowed},
    {"POST", kNone, kNone, kNone, kAllowed},
    // Hosts.
    {"GET", "127.0.0.1:8000", kNone, kNone, kAllowed},
    {"GET", "[::1]:8000", kNone, kNone, kAllowed},
    {"GET", "[::1]", kNone, kNone, kAllowed},
    {"GET", "LOCALHOST", kNone, kNone, kAllowed},
    {"GET", "proxy.test:8000", kNone, kNone, kAllowed},
    {"GET", "evil.example", kNone, kNone, kWrongHost},
    {"GET", "localhost.evil.example", kNone, kNone, kWrongHost},
    {"GET", "127.0.0.1.evil.example:8000", kNone, kNone, kWrongHost},
    {"GET", "evil.example:localhost", kNone, kNone, kWrongHost},
    {"GET", "", kNone, kNone, kWrongHost},
    {"GET", "127.0.0.2", kNone, kNone, kWrongHost},
    {"POST", "evil.example", "http://evil.example", "same-origin", kWrongHost},
    // Origins of requests that may change something.
    {"POST", "localhost:8000", "http://localhost:8000", "same-origin", kAllowed},
    {"POST", "localhost:8000", "https://localhost:8000", kNone, kAllowed},
    {"POST", "localhost", "http://localhost", kNone, kAllowed},
    {"POST", "localhost:80", "http://localhost", kNone, kAllowed},
    {"POST", "localhost", "http://localhost:80", kNone, kAllowed},
    {"POST", "localhost:8000", "http://app.test:3000", "cross-site", kAllowed},
    {"POST", "localhost:8000", "http://localhost:3000", "same-site", kCrossSite},
    {"POST", "localhost:8000", "http://127.0.0.1:8000", kNone, kCrossSite},
    {"POST", "localhost:8000", "https://evil.example", kNone, kCrossSite},
    {"POST", "localhost:8000", "null", kNone, kCrossSite},
    {"POST", "localhost:8000", "", kNone, kCrossSite},
    {"POST", "localhost:8000", "localhost:8000", kNone, kCrossSite},
    {"DELETE", "localhost:8000", "https://evil.example", kNone, kCrossSite},
    {"POST", "localhost:8000", kNone, "cross-site", kCrossSite},
    {"POST", "localhost:8000", kNone, "same-origin", kAllowed},
    {"POST", "localhost:8000", kNone, "none", kAllowed},
    // Reading: another origin cannot see the answer anyway.
    {"GET", "localhost:8000", "https://evil.example", "cross-site", kAllowed},
    {"HEAD", "localhost:8000", "https://evil.example", "cross-site", kAllowed},
};

TEST(OriginGuardTest, JudgesEveryCaseAsListed) {
  const TrustedNames trusted{{"proxy.test"}, {"http://app.test:3000"}};
  for (const auto& c : kCases) {
    EXPECT_EQ(judge_origin({c.method, c.host, c.origin, c.site}, trusted), c.verdict)
        << c.method << " host=" << c.host.value_or("-") << " origin=" << c.origin.value_or("-")
        << " site=" << c.site.value_or("-");
  }
}

TEST(OriginGuardTest, WithALoginAnyAddressIsAHostButNoUnknownName) {
  TrustedNames trusted{{"proxy.test"}, {}};
  trusted.any_address = true;
  for (const auto* host : {"10.0.0.7:8000", "10.0.0.7", "[fd00::7]:8000", "[fd00::7]", "proxy.test", "localhost"}) {
    EXPECT_EQ(judge_origin({"GET", host, kNone, kNone}, trusted), kAllowed) << host;
  }
  for (const auto* host : {"evil.example", "10.0.0.7.evil.example", "10.0.0", "010.0.0.7", "fd00::7", "[fd00::7", "[x]",
                           "1.2.3.4.5", "0x7f000001", "[127.0.0.1]", ""}) {
    EXPECT_EQ(judge_origin({"GET", host, kNone, kNone}, trusted), kWrongHost) << host;
  }
  EXPECT_EQ(judge_origin({"POST", "10.0.0.7:8000", "http://evil.example", kNone}, trusted), kCrossSite);
  EXPECT_EQ(judge_origin({"POST", "10.0.0.7:8000", "http://10.0.0.7:8000", kNone}, trusted), kAllowed);
}

}  // namespace
}  // namespace holdfast::gateway
