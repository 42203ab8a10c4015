// Bytes from a worker, through the parser of what is passed through to the head for the client. Whatever they are,
// nothing may crash, and what is accepted must have one meaning.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gateway/proxy/forwarded_head.hpp"

namespace {

using namespace holdfast::gateway;

void require(bool condition) {
  if (!condition) std::abort();
}

// As a relay does it: pieces of growing size, what is not taken is given again. Returns the body.
std::string feed_all(ResponseParser& parser, std::string_view bytes) {
  std::string pending;
  std::string body;
  std::size_t size = 1;
  while (!parser.violation() && parser.state() != ParseState::complete) {
    const auto used = parser.feed(pending);
    require(used <= pending.size());
    for (const auto piece : parser.pieces()) {
      require(piece.data() >= pending.data() && piece.data() + piece.size() <= pending.data() + pending.size());
      body += piece;
    }
    pending.erase(0, used);
    if (used > 0) continue;
    if (bytes.empty()) break;
    pending += bytes.substr(0, size);
    bytes.remove_prefix(std::min(size, bytes.size()));
    size = size * 2 + 1;
  }
  return body;
}

void check_head(const ResponseParser& parser, HttpVersion version) {
  const auto& head = parser.head();
  require(head.status >= 0 && head.status <= 999);
  require(head.headers.count("Content-Length") <= 1);
  require(!head.headers.contains("Content-Length") || !head.headers.contains("Transfer-Encoding"));
  ResponseFacts facts;
  facts.framing = client_framing(head.body_end, version);
  facts.client_version = version;
  facts.request_id = "id";
  const auto text = response_head(head, facts);
  // One head, whatever the worker put into it, and at most one way to tell the end of the body.
  require(text.find("\r\n\r\n") == text.size() - 4);
  require(std::ranges::count(text, '\n') == std::ranges::count(text, '\r'));
  ResponseParser again(false);
  require(again.feed(text) == text.size());
  require(!again.violation());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  for (const bool to_head : {false, true}) {
    ResponseParser parser(to_head);
    const auto body = feed_all(parser, text);
    require(body.size() <= size);
    if (parser.violation()) continue;
    if (parser.state() != ParseState::head) {
      check_head(parser, HttpVersion::http_1_1);
      check_head(parser, HttpVersion::http_1_0);
    }
    const bool had_end = parser.state() == ParseState::complete;
    const bool ended = parser.end();
    require(!had_end || ended);
    require(parser.pieces().empty());
  }
  return 0;
}
