#include "runs/stored_request.hpp"

#include <gtest/gtest.h>

namespace holdfast::runs {
namespace {

StoredRequest request(std::string headers = "", std::string body = "b") {
  return {.head = "POST /a?b HTTP/1.1\r\nHost: h\r\n" + std::move(headers), .body = std::move(body)};
}

TEST(StoredRequestTest, WhatIsStoredComesBack) {
  const std::string bytes("\x00\xff", 2);
  const auto text = to_json({.retry = Retry::requeue, .head = "PUT / HTTP/1.1\r\nX: \xe9\r\n", .body = bytes});
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

TEST(StoredRequestTest, OfAKeptBodyItsLengthAndSumAreStored) {
  auto large = request("", "");
  large.kept = KeptBody{"id", 5'000'000'000, "abc"};
  const auto back = parse_stored_request(to_json(large));
  ASSERT_TRUE(back && back->kept);
  EXPECT_EQ(back->kept->id, "id");
  EXPECT_EQ(back->kept->bytes, 5'000'000'000U);
  EXPECT_EQ(back->kept->sha256, "abc");
  EXPECT_EQ(back->body, "");
  EXPECT_FALSE(parse_stored_request(R"({"http":{"retry":"fail","head":{"text":""},"body":{"kept":"id","bytes":-1}}})"));
}

TEST(StoredRequestTest, KeptBodiesAreComparedByLengthAndSumAndSoAreTheOthersWithThem) {
  const auto kept = [](std::string id, std::uint64_t bytes, std::string sum) {
    auto large = request("", "");
    large.kept = KeptBody{std::move(id), bytes, std::move(sum)};
    return to_json(large);
  };
  const std::string sum = "3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d";  // Of "b".
  EXPECT_TRUE(same_stored_request(kept("one", 1, sum), kept("another", 1, sum)));
  EXPECT_TRUE(same_stored_request(to_json(request("", "b")), kept("one", 1, sum)));
  EXPECT_FALSE(same_stored_request(to_json(request("", "c")), kept("one", 1, sum)));
  EXPECT_FALSE(same_stored_request(kept("one", 2, sum), kept("one", 1, sum)));
  EXPECT_FALSE(same_stored_request(kept("one", 1, "other"), kept("one", 1, sum)));
}

}  // namespace
}  // namespace holdfast::runs
