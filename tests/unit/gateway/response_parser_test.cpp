#include "gateway/proxy/response_parser.hpp"

#include <gtest/gtest.h>

#include "gateway/proxy/forwarded_head.hpp"

namespace holdfast::gateway {
namespace {

struct Read {
  ResponseParser parser;
  std::string body;
  std::string left;
};

// Feeds `bytes` in pieces of `size`, keeping what is not taken, as a relay does.
Read read_in_pieces(std::string_view bytes, std::size_t size, bool to_head = false) {
  Read read{ResponseParser(to_head), {}, {}};
  auto& parser = read.parser;
  while (true) {
    bool moved = true;
    while (moved && !parser.violation() && parser.state() != ParseState::complete) {
      const auto used = parser.feed(read.left);
      moved = used > 0;
      for (const auto piece : parser.pieces()) read.body += piece;
      read.left.erase(0, used);
    }
    if (bytes.empty() || parser.violation() || parser.state() == ParseState::complete) break;
    read.left += bytes.substr(0, size);
    bytes.remove_prefix(std::min(size, bytes.size()));
  }
  read.left += bytes;
  return read;
}

TEST(ResponseParserTest, AResponseIsTheSameHoweverItsBytesArrive) {
  const std::string bytes =
      "HTTP/1.1 201 Made \xc3\xa4 it\r\nX-A: 1\r\nx-a:  2 \r\nTransfer-Encoding: Chunked\r\n\r\n"
      "5;a=\"b\"\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\nrest";
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    const auto read = read_in_pieces(bytes, size);
    ASSERT_FALSE(read.parser.violation()) << *read.parser.violation();
    EXPECT_EQ(read.parser.state(), ParseState::complete);
    const auto& head = read.parser.head();
    EXPECT_EQ(head.status, 201);
    EXPECT_EQ(head.reason, "Made \xc3\xa4 it");
    EXPECT_EQ(head.headers.joined("X-A"), "1, 2");
    EXPECT_FALSE(head.headers.contains("X-Trailer"));
    EXPECT_EQ(head.body_end, BodyEnd::chunked);
    EXPECT_TRUE(read.parser.keep_alive());
    EXPECT_EQ(read.body, "hello world");
    EXPECT_EQ(read.left, "rest");
  }
}

TEST(ResponseParserTest, TheEndOfABodyIsKnown) {
  EXPECT_EQ(read_in_pieces("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd", 7).body, "abc");
  auto open = read_in_pieces("HTTP/1.1 200 OK\r\n\r\nabc", 100);
  EXPECT_EQ(open.parser.head().body_end, BodyEnd::close);
  EXPECT_FALSE(open.parser.keep_alive());
  EXPECT_TRUE(open.parser.end());
  EXPECT_EQ(open.parser.state(), ParseState::complete);
  auto cut = read_in_pieces("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", 100);
  EXPECT_FALSE(cut.parser.end());
  auto cut_chunks = read_in_pieces("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", 100);
  EXPECT_FALSE(cut_chunks.parser.end());
  EXPECT_FALSE(read_in_pieces("HTTP/1.1 200 OK\r\nConten", 100).parser.end());
}

TEST(ResponseParserTest, SomeResponsesHaveNoBodyWhateverTheySay) {
  const std::string says = "Content-Length: 5\r\n\r\n";
  for (const auto* status : {"204 x", "304 x", "103 x"}) {
    const auto read = read_in_pieces("HTTP/1.1 " + std::string(status) + "\r\n" + says, 100);
    EXPECT_EQ(read.parser.state(), ParseState::complete) << status;
    EXPECT_EQ(read.parser.head().body_end, BodyEnd::none);
  }
  const auto to_head = read_in_pieces("HTTP/1.1 200 OK\r\n" + says + "next", 100, true);
  EXPECT_EQ(to_head.parser.state(), ParseState::complete);
  EXPECT_EQ(to_head.left, "next");
}

TEST(ForwardedHeadTest, TheClientGetsAFramingItKnows) {
  using enum BodyEnd;
  EXPECT_EQ(client_framing(length, HttpVersion::http_1_0), ClientFraming::as_sent);
  EXPECT_EQ(client_framing(chunked, HttpVersion::http_1_0), ClientFraming::close);
  EXPECT_EQ(client_framing(chunked, HttpVersion::http_1_1), ClientFraming::chunked);
  EXPECT_EQ(client_framing(close, HttpVersion::http_1_1), ClientFraming::chunked);
  EXPECT_EQ(client_framing(none, HttpVersion::http_1_1), ClientFraming::none);
}

}  // namespace
}  // namespace holdfast::gateway
