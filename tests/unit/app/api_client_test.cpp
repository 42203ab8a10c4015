#include "app/api_client.hpp"

#include <gtest/gtest.h>

namespace holdfast::app {
namespace {

TEST(ApiUrlTest, AnAddressIsReadWithAndWithoutPort) {
  const auto with_port = parse_api_url("http://127.0.0.1:8123");
  ASSERT_TRUE(with_port);
  EXPECT_EQ(with_port->host, "127.0.0.1");
  EXPECT_EQ(with_port->port, "8123");
  EXPECT_EQ(parse_api_url("http://localhost/")->port, "80");
  EXPECT_EQ(parse_api_url("http://[::1]:9")->host, "::1");
}

TEST(ApiUrlTest, WhatIsNotAnAddressIsRefusedWithAnExample) {
  for (const auto* url : {"", "localhost", "ftp://localhost", "http://", "http://a/b", "https://a", "http://a b"}) {
    const auto parsed = parse_api_url(url);
    ASSERT_FALSE(parsed) << url;
    EXPECT_NE(parsed.error().message().find("http://127.0.0.1:8000"), std::string::npos);
  }
}

TEST(ApiClientTest, AServerThatIsNotThereIsToldWithWhatToDo) {
  // Port 1 on loopback: nothing listens there.
  const auto response = ApiClient({"127.0.0.1", "1"}).request("GET", "/livez");
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::unavailable);
  EXPECT_NE(response.error().message().find("holdfast serve"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::app
