#include "workers/answer_reader.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::workers {
namespace {

using testing::HasSubstr;

constexpr std::string_view kEvents = "application/vnd.holdfast.events+ndjson";

std::string response(std::string_view status, std::string_view type, std::string_view body) {
  return fmt::format("HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}", status, type, body.size(),
                     body);
}

std::string chunked(std::string_view type, std::initializer_list<std::string_view> chunks) {
  auto text = fmt::format("HTTP/1.1 200 OK\r\nContent-Type: {}\r\nTransfer-Encoding: chunked\r\n\r\n", type);
  for (const auto chunk : chunks) text += fmt::format("{:x}\r\n{}\r\n", chunk.size(), chunk);
  return text + "0\r\n\r\n";
}

/// What came out: events by type, then the answer or the error.
std::string story_of(AnswerReader& reader, const Result<void>& fed) {
  std::string story;
  while (auto item = reader.next()) {
    if (const auto* event = std::get_if<WorkerEvent>(&*item)) {
      story += std::array{"progress ", "checkpoint ", "delta "}[event->index()];
      continue;
    }
    const auto& answer = std::get<WorkerAnswer>(*item);
    if (const auto* answered = std::get_if<Answered>(&answer)) story += "answered " + answered->result;
    if (const auto* refused = std::get_if<Refused>(&answer)) story += "refused " + refused->message;
  }
  return fed ? story : story + "error " + fed.error().message();
}

std::string read(std::string_view bytes, std::size_t piece = std::string_view::npos) {
  AnswerReader reader;
  Result<void> fed;
  while (!bytes.empty() && fed) {
    fed = reader.feed(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  if (fed) fed = reader.end();
  return story_of(reader, fed);
}

TEST(AnswerReaderTest, APlainJsonBodyIsTheAnswer) {
  EXPECT_EQ(read(response("200 OK", "application/json; charset=utf-8", R"({"result": "12"})")),
            R"(answered {"result": "12"})");
  EXPECT_EQ(read(response("201 Created", "application/problem+json", "[1]")), "answered [1]");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), "answered {}");
}

TEST(AnswerReaderTest, AStreamBringsEventsThenTheAnswer) {
  EXPECT_EQ(
      read(chunked(
          kEvents,
          {"{\"type\":\"progress\",\"step\":\"a\"}\n\n{\"type\":\"check", "point\",\"step\":\"a\",\"state\":1}\r\n",
           "{\"type\":\"delta\",\"text\":\"x\"}\n{\"type\":\"new\"}\n{\"type\":\"result\",\"result\":{}}"})),
      "progress checkpoint delta answered {}");
}

class CutTest : public testing::TestWithParam<std::size_t> {};

TEST_P(CutTest, NoCutBetweenReadsMattersToTheAnswer) {
  const auto interim = std::string("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  EXPECT_EQ(read(interim + chunked(kEvents, {"{\"type\":\"progress\"}\n", "{\"type\":\"result\",\"result\":\"ř\"}\n"}),
                 GetParam()),
            "progress answered \"ř\"");
  EXPECT_EQ(read(interim + response("200 OK", "application/json", "[1,2]"), GetParam()), "answered [1,2]");
  EXPECT_EQ(read("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n[1,2]", GetParam()), "answered [1,2]");
}

INSTANTIATE_TEST_SUITE_P(Sizes, CutTest, testing::Values(1, 2, 3, 7, 64, 4096));

TEST(AnswerReaderTest, OnlyTheFirstAnswerCounts) {
  EXPECT_EQ(
      read(chunked(kEvents, {"{\"type\":\"result\",\"result\":1}\n{\"type\":\"result\",\"result\":2}\nrubbish\n"})),
      "answered 1");
  EXPECT_EQ(read(response("200 OK", "application/json", "1") + response("200 OK", "application/json", "2")),
            "answered 1");
}

TEST(AnswerReaderTest, EventsBeforeAFailureAreKept) {
  EXPECT_THAT(read(chunked(kEvents, {"{\"type\":\"progress\"}\n", "rubbish\n"})),
              testing::StartsWith("progress error broke the protocol"));
}

TEST(AnswerReaderTest, WhatIsNoAnswerSaysWhy) {
  EXPECT_EQ(read(""), "error closed the connection without an answer");
  EXPECT_EQ(read("HTTP/1.1 200"), "error closed the connection in the middle of its answer");
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n[1]"),
            "error closed the connection in the middle of its answer");
  EXPECT_THAT(read("SSH-2.0-OpenSSH\r\n"), HasSubstr("sent what is not an HTTP response"));
  EXPECT_EQ(read(chunked(kEvents, {"{\"type\":\"progress\"}\n"})), "progress error ended its stream without a result");
}

TEST(AnswerReaderTest, RefusalsNameStatusContentTypeOrPlace) {
  EXPECT_EQ(read(response("500 Internal Server Error", "text/plain", "boom")),
            "refused the worker answered 500 Internal Server Error");
  EXPECT_EQ(read(response("422 No", "application/json", R"({"detail":"no prompt"})")),
            "refused the worker answered 422 No: no prompt");
  EXPECT_EQ(read(response("302 Found", "text/html", "")), "refused the worker answered 302 Found");
  EXPECT_EQ(read(response("200 OK", "text/html", "<p>")),
            "refused the worker answered 200 with content type text/html, which is not JSON");
  EXPECT_THAT(read(response("200 OK", "application/json", "{\"a\":")), HasSubstr("200 with invalid JSON"));
  EXPECT_THAT(read("HTTP/1.1 204 No Content\r\n\r\n"), HasSubstr("204 with an empty body"));
}

TEST(AnswerReaderTest, TheDetailOfARefusalIsAlwaysJson) {
  AnswerReader reader;
  ASSERT_TRUE(reader.feed(response("500 X", "text/plain", std::string(9000, 'a') + "\xff\xfe")));
  const auto item = reader.next();
  ASSERT_TRUE(item);
  const auto& refused = std::get<Refused>(std::get<WorkerAnswer>(*item));
  EXPECT_EQ(refused.detail, R"({"status":500,"body":")" + std::string(4096, 'a') + "\"}");
  EXPECT_THAT(read(response("500 X", "text/plain", "\xff\"")), HasSubstr("500 X"));
}

TEST(AnswerReaderTest, ALineMayHaveAMegabyteAndNotMore) {
  const auto line = [](std::size_t size) {
    std::string text = R"({"type":"delta","text":")";
    text.append(size - text.size() - 2, 'x');
    return text + "\"}";
  };
  const std::string last = "\n{\"type\":\"result\",\"result\":1}\n";
  EXPECT_EQ(read(response("200 OK", kEvents, line(AnswerReader::kMaxLine) + last), 10'000), "delta answered 1");
  EXPECT_EQ(read(response("200 OK", kEvents, line(AnswerReader::kMaxLine + 1) + last), 10'000),
            "error sent a line of more than 1048576 bytes");
}

TEST(AnswerReaderTest, AnEndlessHeadIsAnError) {
  EXPECT_THAT(read("HTTP/1.1 200 OK\r\nX-Long: " + std::string(100'000, 'x'), 1000), HasSubstr("not an HTTP response"));
}

}  // namespace
}  // namespace holdfast::workers
