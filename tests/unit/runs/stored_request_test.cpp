#include "runs/stored_request.hpp"

#include <gtest/gtest.h>

namespace holdfast::runs {
namespace {

StoredRequest request(std::string headers = "", std::string body = "b") {
  return {Retry::fail, "POST /a?b HTTP/1.1\r\nHost: h\r\n" + std::move(headers), std::move(body)};
}

TEST(StoredRequestTest, WhatIsStoredComesBack) {
  const std::string bytes("\x00\xff", 2);
  const auto text = to_json({Retry::requeue, "PUT / HTTP/1.1\r\nX: \xe9\r\n", bytes});
  EXPECT_TRUE(is_stored_request(text));
  const auto back = parse_stored_request(text);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->retry, Retry::requeue);
  EXPECT_EQ(back->head, "PUT / HTTP/1.1\r\nX: \xe9\r\n");
  EXPECT_EQ(back->body, bytes);
}

TEST(StoredRequestTest, AnAnalysisIsNone) {
  EXPECT_FALSE(is_stored_request(R"({"prompt":"{\"http\":1}"})"));
  EXPECT_FALSE(parse_stored_request(R"({"http":{}})"));
  EXPECT_FALSE(parse_stored_request(R"({"http":)"));
}

TEST(StoredRequestTest, TheSameIsMethodTargetAndBody) {
  const auto first = to_json(request());
  EXPECT_TRUE(same_stored_request(first, to_json(request("User-Agent: other\r\n"))));
  EXPECT_FALSE(same_stored_request(first, to_json(request("", "c"))));
  auto other = request();
  other.head = "POST /a?c HTTP/1.1\r\n";
  EXPECT_FALSE(same_stored_request(first, to_json(other)));
  EXPECT_FALSE(same_stored_request(first, R"({"prompt":"x"})"));
}

}  // namespace
}  // namespace holdfast::runs
