// Bytes from a client, through the parser and the checks of a run request. Whatever they are, nothing may
// crash, and what is accepted must hold what the rest of the program relies on.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.hpp"
#include "gateway/header_values.hpp"
#include "gateway/origin_guard.hpp"
#include "gateway/proxy/forwarded_head.hpp"
#include "gateway/request_parser.hpp"
#include "gateway/run_request.hpp"
#include "gateway/utf8.hpp"

namespace {

using namespace holdfast;
using namespace holdfast::gateway;

void require(bool condition) {
  if (!condition) std::abort();
}

// As a connection does it: pieces of growing size, what is not taken is given again.
bool feed_all(RequestParser& parser, std::string_view bytes) {
  std::string pending;
  std::size_t size = 1;
  while (!parser.refusal() && parser.state() != ParseState::complete) {
    const auto used = parser.feed(pending);
    require(used <= pending.size());
    pending.erase(0, used);
    if (used > 0) continue;
    if (bytes.empty()) return false;
    pending += bytes.substr(0, size);
    bytes.remove_prefix(std::min(size, bytes.size()));
    size = size * 2 + 1;
  }
  return !parser.refusal();
}

void check_headers(const Request& request) {
  const auto& headers = request.headers;
  (void)parse_prefer(headers.joined("Prefer"));
  (void)matches_etag(headers.joined("If-None-Match"), "\"1\"");
  (void)accepts_by_name(headers.joined("Accept"), "text/event-stream");
  require(request.id.size() <= 64 && is_visible_ascii(request.id));
  (void)judge_origin({request.method, headers.find("Host"), headers.find("Origin"), headers.find("Sec-Fetch-Site")},
                     {});
  for (const auto& segment : request.target.segments) {
    require(!segment.empty() && segment != ".." && is_utf8(segment) && !has_control_character(segment));
    require(!segment.contains('/'));
  }
}

void check_run(const Request& request) {
  const auto parsed = parse_run_request(request, std::nullopt);
  if (const auto* problem = std::get_if<Problem>(&parsed)) {
    require(parse_json_object(problem_json(*problem, request.target.path)).has_value());
    return;
  }
  const auto& run = std::get<RunRequest>(parsed);
  const auto sent = parse_json_object(run.worker_request);
  require(sent.has_value());
  require(find_string(*sent, "prompt") == std::string_view(run.prompt));
  require(find_string(*sent, "thread_id") == std::string_view(run.thread_id));
  require(!run.prompt.empty() && !sent->contains("run_id") && !sent->contains("stream"));
}

// What goes on to a worker has one meaning: it is read again, and only we say who asks.
void check_passed(const Request& request) {
  if (request.method == "CONNECT") return;
  RequestFacts facts;
  facts.client_address = "127.0.0.1";
  facts.user = "ada";
  facts.authenticated = true;
  const auto protocols = upgrade_of(request);
  facts.upgrade = protocols;
  const auto text = request_head(request, facts);
  ParserLimits wide;
  wide.header = 65536;
  wide.target = 65536;
  wide.body = ~std::uint64_t{0};
  RequestParser again(wide);
  require(again.feed(text) == text.size());
  require(!again.refusal() && again.state() != ParseState::head);
  const auto& passed = again.request();
  require(passed.method == request.method && passed.target.path == request.target.path);
  require(passed.has_body == request.has_body);
  require(passed.headers.count("Holdfast-User") == 1 && passed.headers.find("Holdfast-User") == "ada");
  require(!passed.headers.contains("Authorization") && !passed.headers.contains("holdfast_user"));
}

// The body of a request that is passed through, piece by piece, is that of one that is held.
void check_streamed(std::string_view bytes, const ParserLimits& limits, const std::string& held) {
  const StreamsBody always = [](const Request&) { return true; };
  RequestParser parser(limits, &always);
  std::string body;
  while (!parser.refusal() && parser.state() != ParseState::complete && !bytes.empty()) {
    const auto used = parser.feed(bytes);
    body += std::exchange(parser.request().body, {});
    if (used == 0) break;
    bytes.remove_prefix(used);
  }
  require(parser.state() == ParseState::complete && body == held);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  ParserLimits limits;
  limits.header = 2048;
  limits.target = 512;
  limits.body = 4096;
  RequestParser parser(limits);
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (feed_all(parser, text)) {
    require(parser.request().body.size() <= limits.body);
    check_headers(parser.request());
    check_streamed(text, limits, parser.request().body);
    check_passed(parser.request());
    check_run(parser.request());
  } else if (parser.refusal()) {
    require(parser.refusal()->status >= 400);
  }
  Request direct;
  direct.body = text;
  check_run(direct);
  return 0;
}
